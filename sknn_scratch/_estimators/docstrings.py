"""Docstrings of parameters and fitted attributes that are copied from another class."""

from collections.abc import Callable
from inspect import cleandoc, signature
from re import split
from typing import TypeVar, get_type_hints

Class = TypeVar("Class", bound=type)


def with_entries_of(documented: type) -> Callable[[Class], Class]:
    """Copy the entries that the docstring of a class lacks from the docstring of another class.

    Its parameters are in the order of the signature. It has the attributes that it describes, and those that
    it or a base annotates or computes. The section of warnings is copied as it is. A parameter that neither
    class describes is a TypeError.
    """

    def fill(cls: Class) -> Class:
        if cls.__doc__ and documented.__doc__:  # Python's mode -OO takes them away
            parameters, known = signature(cls).parameters, {*get_type_hints(cls), *dir(cls)}
            original = cleandoc(documented.__doc__)
            before, own, after = cut_out("Parameters", cleandoc(cls.__doc__))
            entries = cut_out("Parameters", original)[1] | own
            if missing := [name for name in parameters if name not in entries]:
                raise TypeError(
                    f"{cls.__name__} has parameters that no docstring describes: {', '.join(missing)}. "
                    f"Describe them in the docstring of {documented.__name__} or {cls.__name__}."
                )
            head = before + "\n".join(entries[name] for name in parameters)
            before, own, after = cut_out("Attributes", after)
            copied = cut_out("Attributes", original)[1]
            entries = own | {name: copied[name] for name in copied if name in known and name not in own}
            _, heading, rest = original.partition("\n\nWarns\n-----\n")
            warnings = heading + rest.partition("\n\n")[0]
            cls.__doc__ = head + before + "\n".join(entries.values()) + warnings + after + "\n"
        return cls

    return fill


def cut_out(title: str, docstring: str) -> tuple[str, dict[str, str], str]:
    """Cut a docstring into what is before a section's entries, the entries by name, and the rest."""
    before, heading, section = docstring.partition(f"{title}\n{'-' * len(title)}\n")
    entries, blank, after = section.partition("\n\n")
    by_name = {entry.partition(" : ")[0]: entry for entry in split(r"\n(?=\S)", entries)}
    return before + heading, by_name, blank + after
