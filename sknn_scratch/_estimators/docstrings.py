"""Docstrings of parameters and fitted attributes that are copied from another class."""

from collections import ChainMap
from collections.abc import Callable
from inspect import cleandoc, signature
from re import split
from typing import TypeVar, get_type_hints

Class = TypeVar("Class", bound=type)


def with_entries_of(*documented: type) -> Callable[[Class], Class]:
    """Copy the entries that the docstring of a class lacks from the docstrings of other classes.

    Its parameters are in the order of the signature. It has the attributes that it describes, and those that
    it or a base annotates or computes. The first class that describes one decides. The section of warnings is
    that of the last class. A parameter that no class describes is a KeyError.
    """

    def fill(cls: Class) -> Class:
        if not cls.__doc__:  # as in Python's mode -OO
            return cls
        others = [cleandoc(one.__doc__ or "") for one in documented]
        before, own, after = cut_out("Parameters", cleandoc(cls.__doc__))
        entries = ChainMap(own, *(cut_out("Parameters", one)[1] for one in others))
        head = before + "\n".join(entries[name] for name in signature(cls).parameters)
        before, own, after = cut_out("Attributes", after)
        entries = ChainMap(own, *(cut_out("Attributes", one)[1] for one in others))
        known = {*get_type_hints(cls), *dir(cls)}
        attributes = own | {name: entries[name] for name in entries if name in known}
        _, heading, rest = others[-1].partition("\n\nWarns\n-----\n")
        warnings = heading + rest.partition("\n\n")[0]
        cls.__doc__ = head + before + "\n".join(attributes.values()) + warnings + after + "\n"
        return cls

    return fill


def cut_out(title: str, docstring: str) -> tuple[str, dict[str, str], str]:
    """Cut a docstring into what is before a section's entries, the entries by name, and the rest."""
    before, heading, section = docstring.partition(f"{title}\n{'-' * len(title)}")
    entries, blank, after = section.partition("\n\n")
    by_name = {entry.partition(" : ")[0]: entry for entry in split(r"\n(?=\S)", entries)[1:]}
    return f"{before}{heading}\n", by_name, blank + after
