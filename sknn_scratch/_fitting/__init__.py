"""From a user's data to a training run, and from its result to fitted attributes.

``fit`` plans a fit (``plan_fit``), trains it (``train_fits``, in an ensemble with others), warns of its
troubles, and adopts the fitted attributes.

The path of a fit, about 850 lines
    inputs            what the user passes, validated and encoded
    plan              the run of the core: its state, data and config
    alpha             what "auto" means for the penalty: a choice by the losses of rows held out
    groups            fits whose runs are trained in one pass, as many as the cache and the memory allow
    fitted            the attributes of the result, and the network that they describe

Beside the path
    validation        validation rows, held out or given, and the value that is watched on them
    folds             these losses of few rows, in cross-validation
    held_out          these losses of many rows
    auto              what "auto" means for the solver, the pace of training and the validation
    hashes            hashes of rows, which are equal for equal rows, and distinct rows by these
    threads           one thread for BLAS, several for blocks of rows
    troubles          the warnings of a fit
    callbacks         the training of a fit, which reports its epochs: verbose lines, scikit-learn's callbacks
    sklearn_versions  what depends on scikit-learn's version: its private names and its callback framework
"""
