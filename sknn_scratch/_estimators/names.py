"""The errors for parameters and arguments that do not exist: they suggest the right name."""

import difflib
from collections.abc import Collection, Iterable

# The names of our parameters, and of the arguments of fit, in other libraries: scikit-learn, Keras, PyTorch,
# Lightning, skorch, XGBoost and LightGBM.
NAMES_ELSEWHERE = {
    "n_hidden": ("hidden_layer_sizes", "units", "hidden_units", "n_units", "hidden_size", "hidden_dim"),
    "activation": ("nonlinearity",),
    "init_scale": ("kernel_initializer",),
    "learning_rate": ("learning_rate_init", "lr"),
    "alpha": ("C", "weight_decay"),
    "solver": ("optimizer",),
    "max_iter": ("epochs", "max_epochs", "n_epochs"),
    "nesterov": ("nesterovs_momentum",),
    "epsilon": ("eps",),
    "max_grad_norm": ("clipnorm", "gradient_clip_val", "gradient_clip_value"),
    "tol": ("min_delta",),
    "n_iter_no_change": ("patience",),
    "validation_fraction": ("validation_split",),
    "random_state": ("seed", "random_seed"),
    "n_networks": ("n_estimators",),
    "sample_weight": ("weight", "weights"),
    "X_val": ("eval_set", "validation_data"),
}
OTHER_NAMES = {other: name for name, others in NAMES_ELSEWHERE.items() for other in others}


def check_names(owner: str, names: Iterable[str], known: Collection[str], error: type[Exception]) -> None:
    """Raise an error for a name that is not the known name of a parameter of a class or method."""
    for name in names:
        if name not in known and name.partition("__")[0] not in known:
            hint = f"Valid parameters are: {', '.join(known)}."
            if OTHER_NAMES.get(name) in known:
                hint = f"Use {OTHER_NAMES[name]!r} instead."
            elif similar := difflib.get_close_matches(name.lower(), known, n=1):
                hint = f"Did you mean {similar[0]!r}?"
            raise error(f"Invalid parameter {name!r} for {owner}. {hint}")
