"""Decorators of an estimator's methods, which a type checker sees as they were; and fits that fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator
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

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(self, BaseEstimator):
            raise TypeError(
                f"{method.__name__} was called on a class. Make an estimator first, with parentheses, as in "
                f"ShallowNNClassifier().{method.__name__}(X, y)."
            )
        with all_or_nothing(self):
            if not kwargs.keys() <= set(known):  # scikit-learn takes long to list the parameters
                owner = f"{type(self).__name__}.{method.__name__}"
                check_names(owner, kwargs, known, TypeError, self._get_param_names())
            if method.__name__ == "partial_fit" and not get_config()["skip_parameter_validation"]:
                self._validate_params()  # scikit-learn does this only on the first call
            return validating(self, *args, **kwargs)

    method.__qualname__ = method.__name__  # in errors; its class may be a private base of the estimator
    return cast(Method, call)


@contextmanager
def all_or_nothing(*objects: Any) -> Iterator[None]:
    """Leave objects as they were if the block fails or is interrupted.

    It must not change the values of attributes in place, but for a RandomState, which goes back too.
    """
    before = [(one, dict(vars(one))) for one in objects]
    generators = [attributes.get("random_state") for _, attributes in before]
    states = [(rng, rng.get_state()) for rng in generators if isinstance(rng, np.random.RandomState)]
    try:
        yield
    except BaseException:
        for one, attributes in before:
            one.__dict__ = attributes
        for rng, state in states:
            rng.set_state(state)
        raise


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """Let an estimator have a method if a check is true; if it raises AttributeError, this says why not."""
    return cast(Callable[[Method], Method], metaestimators.available_if(check))
