"""The examples in the docstrings of the displays, which the API pages draw."""

import doctest
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class ExampleOf:
    """A function that Sphinx can compare with that of the last build: else it reads all pages again."""

    def __call__(self, module, name):
        """Return the code of the example in the docstring of a class."""
        docstring = getattr(import_module(module), name).__doc__
        return "".join(example.source for example in doctest.DocTestParser().get_examples(docstring))
