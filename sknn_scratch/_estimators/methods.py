"""Decorators of an estimator's methods; a type checker sees the methods as they were."""

import functools
from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar, cast

from sknn_scratch._fitting.sklearn_private import _fit_context
from sknn_scratch._fitting.undo import all_or_nothing

Method = TypeVar("Method", bound=Callable[..., Any])


def validates_parameters(*, again: bool = False) -> Callable[[Method], Method]:
    """Let a method validate the estimator's parameters first, as scikit-learn does.

    If the method is interrupted or fails, in a callback's last hook too, the estimator stays as it was.
    Estimators inside have copies of these parameters, and validate them only with ``again=True``.
    """

    def decorate(method: Method) -> Method:
        validating = _fit_context(prefer_skip_nested_validation=not again)(method)
        return all_or_nothing(cast(Method, validating))

    return decorate


def available_unless(reason_against: Callable[[Any], str | None]) -> Callable[[Method], Method]:
    """Let an estimator have a method unless ``reason_against(estimator)`` gives a reason why not.

    Without the method ``hasattr`` is False, and the error gives the reason. The error of scikit-learn's
    ``available_if`` only says that there is no such attribute.
    """

    def decorate(method: Method) -> Method:
        return cast(Method, _ConditionalMethod(method, reason_against))

    return decorate


class _ConditionalMethod:
    def __init__(self, method: Callable[..., Any], reason_against: Callable[[Any], str | None]) -> None:
        self.method = method
        self.reason_against = reason_against

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., Any]:
        if instance is None:
            return self.unbound
        if (reason := self.reason_against(instance)) is not None:
            raise AttributeError(reason)
        return MethodType(self.method, instance)

    @functools.cached_property
    def unbound(self) -> Callable[..., Any]:
        """The method as a function, for access through the class."""

        @functools.wraps(self.method)
        def call(instance: object, *args: Any, **kwargs: Any) -> Any:
            return self.__get__(instance)(*args, **kwargs)

        return call
