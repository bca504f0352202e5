"""What estimators that take another's parameters show of them: the signature, and the docstring."""

import re
from inspect import Parameter, Signature, cleandoc, signature


def with_parameters_of(init):
    """Let a constructor that hands *args and **kwargs on show the parameters of ``init`` in their place.

    scikit-learn reads the parameters of an estimator from the signature of its constructor.
    """

    def show(extended):
        own = [one for one in signature(extended).parameters.values() if one.kind is Parameter.KEYWORD_ONLY]
        extended.__signature__ = Signature([*signature(init).parameters.values(), *own])
        return extended

    return show


def with_entries_of(documented):
    """Let a class describe the parameters that it has no words of its own for by those of another class."""

    def fill(cls):
        if cls.__doc__ is not None:  # as it is in Python's mode -OO
            before, own, after = cut_out_parameters(cls.__doc__)
            entries = entries_of(cut_out_parameters(documented.__doc__)[1]) | entries_of(own)
            section = "\n".join(entries[name] for name in signature(cls).parameters)
            cls.__doc__ = f"{before}{section}{after}\n"
        return cls

    return fill


def cut_out_parameters(docstring):
    """Cut a docstring into what is before the entries of the parameters, these, and what is after."""
    pattern = r"(?<=Parameters\n----------\n)|(?=\n\nAttributes\n)"
    return re.split(pattern, cleandoc(docstring), maxsplit=2)


def entries_of(section):
    """Cut a section into its entries, by the name of the parameter."""
    return {entry.partition(" : ")[0]: entry for entry in re.split(r"\n(?=\S)", section)}
