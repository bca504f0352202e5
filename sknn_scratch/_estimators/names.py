"""The errors for parameters that do not exist: they suggest the right name."""

import difflib
import functools
from collections.abc import Callable, Iterable, KeysView
from inspect import Parameter, Signature, signature
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

# The names of our parameters in scikit-learn, Keras, PyTorch, Lightning and skorch.
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
}
OTHER_NAMES = {other: name for name, others in NAMES_ELSEWHERE.items() for other in others}


class ParameterNames(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator that suggests the right name for a parameter that it does not have."""

    __signature__: ClassVar[Signature]

    def __init_subclass__(cls) -> None:
        """Read the parameters of a constructor once. Cloning needs them, and then takes half the time.

        Python 3.11.2 would read the signature of a class from ``__new__``.
        """
        super().__init_subclass__()
        if "__init__" in vars(cls):
            remember_signature(cls)
        whole = signature(cls.__init__)
        cls.__signature__ = whole.replace(parameters=list(whole.parameters.values())[1:])

    def __new__(cls, *args: Any, **params: Any) -> Self:
        """Check the names first: the constructor's error would name the class that defines it."""
        check_names(cls, params, TypeError)
        if args:
            check_positions(cls, args)
        estimator: Self = super().__new__(cls)
        return estimator

    def set_params(self, **params: Any) -> Self:
        """Set parameters.

        Parameters
        ----------
        **params : dict
            Names of parameters, with their new values.

        Returns
        -------
        self : object
            The estimator.
        """
        check_names(type(self), params, ValueError)  # as in scikit-learn
        super().set_params(**params)
        return self


def remember_signature(cls: type) -> None:
    """Read the parameters of a class's own constructor, and keep them where ``signature`` looks first."""
    init: Any = vars(cls)["__init__"]
    init.__signature__ = signature(init)


def check_names(cls: type, names: Iterable[str], error: type[Exception]) -> None:
    """Raise an error for a name that is not a parameter of ``cls``, unless ``cls`` takes any name."""
    known, takes_any = parameter_names(cls.__init__)  # type: ignore[misc]  # the one of a subclass is meant
    unknown = [name for name in names if name not in known and name.partition("__")[0] not in known]
    if unknown and not takes_any:
        raise error(f"Invalid parameter {unknown[0]!r} for {cls.__name__}. {suggestion(unknown[0], known)}")


def check_positions(cls: type, args: tuple[Any, ...]) -> None:
    """Raise TypeError for more arguments than ``cls`` takes by position."""
    _, *parameters = signature(cls.__init__).parameters.values()  # type: ignore[misc]
    kinds = [one.kind for one in parameters]
    by_position = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    if len(args) > len(by_position) and Parameter.VAR_POSITIONAL not in kinds:
        raise TypeError(
            f"{cls.__name__} takes only {', '.join(by_position)} by position, but got {len(args)} values "
            "without a name; name the other parameters."
        )


@functools.lru_cache
def parameter_names(init: Callable[..., None]) -> tuple[KeysView[str], bool]:
    """List the parameters of a constructor; say whether it takes others too."""
    _, *parameters = signature(init).parameters.values()
    named = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    return dict.fromkeys(named).keys(), any(one.kind is one.VAR_KEYWORD for one in parameters)


def suggestion(name: str, known: KeysView[str]) -> str:
    """Suggest a known name in place of an unknown one."""
    if OTHER_NAMES.get(name) in known:
        return f"Use {OTHER_NAMES[name]!r} instead."
    if similar := difflib.get_close_matches(name.lower(), known, n=1):
        return f"Did you mean {similar[0]!r}?"
    return f"Valid parameters are: {', '.join(known)}."
