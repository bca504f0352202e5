"""Docstrings of parameters that are copied from another class."""

import re
from collections.abc import Callable
from inspect import cleandoc, signature
from typing import TypeVar

Class = TypeVar("Class", bound=type)


def with_entries_of(documented: type) -> Callable[[Class], Class]:
    """Copy the descriptions of parameters that a class does not describe from another class."""

    def fill(cls: Class) -> Class:
        if cls.__doc__ and documented.__doc__:  # Python's mode -OO takes them away
            before, own, after = cut_out_parameters(cls.__doc__)
            entries = entries_of(cut_out_parameters(documented.__doc__)[1]) | entries_of(own)
            section = "\n".join(entries[name] for name in signature(cls).parameters)
            cls.__doc__ = f"{before}{section}{after}\n"
        return cls

    return fill


def cut_out_parameters(docstring: str) -> list[str]:
    """Cut a docstring into three parts: before the entries of the parameters, the entries, and after them."""
    pattern = r"(?<=Parameters\n----------\n)|(?=\n\nAttributes\n)"
    return re.split(pattern, cleandoc(docstring), maxsplit=2)


def entries_of(section: str) -> dict[str, str]:
    """Cut a section into its entries, by the name of the parameter."""
    return {entry.partition(" : ")[0]: entry for entry in re.split(r"\n(?=\S)", section)}
