"""The constructor of an estimator and the constraints of its parameters, made from annotations.

The annotation of a parameter is its type, and the type says which values are valid: a union allows the values
of its members, and a ``Literal`` those that it lists. If the type says too little, the annotation is
``Annotated[type, constraint, ...]``, with the constraints of scikit-learn.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from inspect import signature
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from sknn_scratch._estimators.names import check_names
from sknn_scratch._fitting.sklearn_versions import Interval, StrOptions

Class = TypeVar("Class", bound=type)


class Number(Interval):  # type: ignore[misc]  # scikit-learn has no types
    """An interval of numbers that rejects booleans."""

    def is_satisfied_by(self, value: object) -> bool:
        return not isinstance(value, bool) and super().is_satisfied_by(value)


class Several(Number):
    """A list, tuple or array of one or more numbers in an interval."""

    def is_satisfied_by(self, value: object) -> bool:
        if not isinstance(value, list | tuple | np.ndarray) or np.ndim(value) != 1:
            return False
        return len(value) > 0 and all(super(Several, self).is_satisfied_by(one) for one in value)

    def __str__(self) -> str:
        return f"a list, tuple or array of {super().__str__()}"


def one_of(options: Iterable[str]) -> StrOptions:
    return StrOptions(dict.fromkeys(options).keys())  # a set would list them in another order every time


@dataclass_transform(eq_default=False)
def with_constructor(cls: Class) -> Class:
    """Make the constructor, and the constraints, of the parameters that a class and its bases annotate.

    Only annotations in classes with this decorator are parameters. The signature shows their types alone.
    """
    made: Any = dataclass(eq=False, repr=False, match_args=False)(cls)
    constraints = made._parameter_constraints = {one.name: constraints_of(one.type) for one in fields(made)}
    for name in constraints.keys() & vars(cls).keys():
        delattr(cls, name)  # the default: a parameter is an attribute of instances alone
    init = made.__init__
    types = get_type_hints(made)  # without the constraints
    init.__qualname__ = "__init__"  # in errors; the class is a private base of the estimator
    init.__annotations__ |= {name: types[name] for name in constraints}

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **params: Any) -> None:
        check_names(type(self).__name__, params, constraints, TypeError)
        init(self, *args, **params)

    made.__init__ = __init__
    # From Python 3.14 on, wraps copies only how they are computed.
    made.__init__.__annotations__ = init.__annotations__
    # Made once: scikit-learn reads it several times in each clone, and a search of small networks takes
    # a tenth longer without.
    made.__init__.__signature__ = signature(init)
    return cls


def constraints_of(annotation: Any) -> list[Any]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return list(annotation.__metadata__)
    if origin in (Union, UnionType):
        return [constraint for member in args for constraint in constraints_of(member)]
    if origin is Literal:
        return [one_of(args)]
    if origin is Callable:
        return [callable]
    return [{bool: "boolean", NoneType: None}.get(annotation, origin or annotation)]
