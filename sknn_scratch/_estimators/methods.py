"""Decorators of an estimator's methods; a type checker sees the methods as they were."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

import numpy as np
from sklearn import get_config
from sklearn.utils import metaestimators

from sknn_scratch._estimators.names import check_names
from sknn_scratch._fitting.sklearn_versions import _fit_context

Method = TypeVar("Method", bound=Callable[..., Any])


def validates_parameters(method: Method) -> Method:
    """Let a method check the names of its arguments and the estimator's parameters first.

    If the method is interrupted or fails, in a callback's last hook too, the estimator stays as it was.
    """
    validating = _fit_context(prefer_skip_nested_validation=True)(method)
    known = list(signature(method).parameters)[1:]  # without self

    @all_or_nothing
    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_names(f"{type(self).__name__}.{method.__name__}", kwargs, known, TypeError)
        if method.__name__ == "partial_fit" and not get_config()["skip_parameter_validation"]:
            self._validate_params()  # scikit-learn does this only on the first call
        return validating(self, *args, **kwargs)

    return cast(Method, call)


def all_or_nothing(method: Method) -> Method:
    """Let a method that fails or is interrupted leave its object as it was.

    It must not change the values of attributes in place, but for a RandomState, which goes back too.
    """

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        attributes, rng = dict(vars(self)), getattr(self, "random_state", None)
        state: Any = rng.get_state() if isinstance(rng, np.random.RandomState) else None
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            self.__dict__ = attributes
            if isinstance(rng, np.random.RandomState):
                rng.set_state(state)
            raise

    return cast(Method, call)


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """Let an estimator have a method if a check is true; if it raises AttributeError, this says why not."""
    return cast(Callable[[Method], Method], metaestimators.available_if(check))
