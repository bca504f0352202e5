"""From a user's data to a training run, and from its result to fitted attributes.

``fit`` plans a fit (``plan_fit``), trains it (``train_fits``, in an ensemble with others), warns of its
troubles, and adopts the fitted attributes.

The path of a fit, about 1,200 lines
    inputs            what the user passes, validated and encoded
    decide            what "auto" means, from facts about the data and from what the user has set
    plan              the run of the core: its state, data and config
    choice            what the data choose: alpha and the number of epochs, by the losses of rows held out
    groups            fits whose runs are trained in one pass, as many as the cache and the memory allow
    fitted            the attributes of the result, and the network that they describe

Beside the path
    validation        validation rows, held out or given, and the value that is watched on them
    observations      the rows that are independent observations, and the parts to which they are dealt
    trials            the held-out losses of an alpha, of few and of many observations
    threads           one thread for BLAS, several for blocks of rows
    troubles          the warnings of a fit
    callbacks         the training of a fit, which reports its epochs: verbose lines, scikit-learn's callbacks
    sklearn_versions  what depends on scikit-learn's version: its private names and its callback framework
"""
