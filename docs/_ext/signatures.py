"""What the pages of the API show otherwise than autodoc does by itself."""

import inspect
import re

from sphinx.util.inspect import stringify_signature

EXAMPLE_ELSEWHERE = re.compile(r":ref:`sphx_glr_\w+(?:\.py)?`")


def show_parameters(app, what, name, item, options, signature, return_annotation):
    """Write a signature without types, which the docstring says, and without scikit-learn's $UNCHANGED$."""
    if what == "method" and signature:
        return signature.replace("='$UNCHANGED$'", ""), None
    if what != "class" or not signature:
        return None
    return stringify_signature(inspect.signature(item), show_annotation=False), None


def name_the_gallery(app, what, name, item, options, lines):
    """Replace references to scikit-learn's examples, which docstrings inherit, by words."""
    lines[:] = [EXAMPLE_ELSEWHERE.sub("scikit-learn's examples", line) for line in lines]


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", show_parameters)
    app.connect("autodoc-process-docstring", name_the_gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
