"""The groups of parameters on the pages of the estimators. Nothing here needs Sphinx."""

# The parameters of the networks. What has no group here stands in the last one.
LAST_GROUP = "Data, precision, randomness"
GROUPS = {
    "The network": ("n_networks", "n_hidden", "activation", "init_scale", "loss", "quantile", "huber_delta"),
    "The solver": (
        "solver",
        "learning_rate",
        "learning_rate_schedule",
        "batch_size",
        "momentum",
        "nesterov",
        "beta_1",
        "beta_2",
        "epsilon",
        "max_grad_norm",
    ),
    "The penalty, and dropout": ("alpha", "dropout"),
    "Stopping": (
        "max_iter",
        "tol",
        "n_iter_no_change",
        "gradient_tol",
        "early_stopping",
        "validation_fraction",
        "scoring",
    ),
}
