"""From a user's data to a training run, and from its result to fitted attributes.

The path of a fit, about 900 lines
    inputs           what the user passes, validated and encoded
    targets          what every kind of y does: its targets for the network, and the way back from outputs
    plan             the run of the core: its state, data and config
    stacks           runs trained in one pass, as many as the cache and the memory allow
    fitted           the attributes of the result, and the network that they describe

Beside the path
    labels           the kinds of y with class labels
    label_checks     validation of class labels and of label indicators
    reals            the kinds of y with numbers, standardised or divided by their mean
    missing          missing values in y, of every library
    weights          class and sample weights, combined
    validation       validation rows, held out or given, and the value that is watched on them
    auto             what "auto" means for the solver, the batches, the patience and the validation
    alpha            what "auto" means for the penalty: a choice by cross-validation
    distinct         which training rows are equal, for this choice
    threads          one thread for BLAS, several for blocks of rows
    troubles         the warnings of a fit
    causes           why a network may learn nothing: each cause is measured
    features         the size and the spread of the features
    measured         what the measurement of a cause returns
    callbacks        what is reported after every epoch; ``callback_framework`` hides the version beneath
    checkpoint       the file of a checkpoint, and how a fit is resumed from it
    sklearn_private  all private names that are imported from scikit-learn
"""
