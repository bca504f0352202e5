"""The errors for what is written as in another library: they suggest the names and values of this one."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

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
# Fitted attributes of MLPClassifier and of others.
ATTRIBUTES_ELSEWHERE = {
    "loss_": "loss_curve_[-1]",
    "best_loss_": "loss_curve_.min() or, with validation, history_['val_loss'].min()",
    "validation_scores_": "history_['val_loss'] or, with scoring='accuracy', history_['val_score']",
    "best_validation_score_": "history_['val_score'].max()",
    "coef_": "coefs_, one array for each layer",
    "intercept_": "intercepts_, one array for each layer",
    "feature_importances_": "EffectsDisplay.from_estimator(model, X, y).importances_",
}
SCHEDULES_ELSEWHERE = {"constant": "constant", "adaptive": "adaptive", "invscaling": "cosine"}
OTHER_NAMES = {other: name for name, others in NAMES_ELSEWHERE.items() for other in others}


def check_names(
    owner: str,
    names: Iterable[str],
    known: Collection[str],
    error: type[Exception],
    of_constructor: Collection[str] = (),
) -> None:
    """Raise an error for a name that is not the known name of a parameter of a class or method."""
    for name in names:
        if name not in known and name.partition("__")[0] not in known:
            hint = f"Valid parameters are: {', '.join(known)}."
            if OTHER_NAMES.get(name) in known:
                hint = f"Use {OTHER_NAMES[name]!r} instead."
            elif (ours := OTHER_NAMES.get(name, name)) in of_constructor:
                hint = f"Set {ours!r} when you make the estimator."
            elif similar := difflib.get_close_matches(name.lower(), known, n=1):
                hint = f"Did you mean {similar[0]!r}?"
            raise error(f"Invalid parameter {name!r} for {owner}. {hint}")


def hint_for_values(parameters: Mapping[str, Any]) -> str:
    """Say what stands here for values that MLPClassifier takes."""
    n_hidden, learning_rate = parameters["n_hidden"], parameters["learning_rate"]
    if isinstance(n_hidden, tuple | list):
        if len(n_hidden) == 1:
            return f" Use n_hidden={n_hidden[0]!r} instead."
        return " There is one hidden layer: n_hidden is the number of its units."
    if isinstance(learning_rate, str) and learning_rate in SCHEDULES_ELSEWHERE:
        return f" Use learning_rate_schedule={SCHEDULES_ELSEWHERE[learning_rate]!r} instead."
    return ""
