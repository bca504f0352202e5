"""Docstrings that are inherited from scikit-learn refer to its examples, which are not on this site."""

import re

EXAMPLE = re.compile(r":ref:`sphx_glr_\w+(?:\.py)?`")


def name_examples(app, what, name, item, options, lines):
    """Replace these references by words."""
    lines[:] = [EXAMPLE.sub("scikit-learn's examples", line) for line in lines]


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", name_examples)
