"""From a user's data to a training run, and from its result to fitted attributes.

``fit`` plans a fit (``plan_fit``), trains it (``train_fits``, in an ensemble with others), warns of its
troubles, and adopts the fitted attributes.

The path of a fit
    plan              the list of its steps up to training; assemble: the run of the core
    inputs            read: what the user passes, validated and encoded
    decide            decide: what "auto" means, from facts about the data and from what the user has set
    observations      hold out: which rows are independent, and which stop the training early
    validation        the value that is watched on validation rows, held out or given
    choice            choose: alpha and the length of the training, by the losses of rows held out
    few_rows          how few observations find the held-out losses of alphas: by L-BFGS, in cross-validation
    many_rows         how many do, also of each length: networks train as the fit does, without a part
    trials            what both need
    passes            train: runs in one pass, as many as the cache and the memory allow
    fitted            adopt: the attributes of the result, and the network that they describe

Beside the path
    threads           one thread for BLAS, several for blocks of rows
    troubles          the warnings of a fit
    callbacks         the training of a fit, which reports its epochs: verbose lines, scikit-learn's callbacks
    sklearn_versions  what depends on scikit-learn's version: its private names and its callback framework
"""
