"""The signature of a class is that of ``__init__``, also where ``__new__`` looks for misspelt names."""

import inspect

from sphinx.util.inspect import stringify_signature


def show_parameters(app, what, name, item, options, signature, return_annotation):
    """Write the signature as Python gives it, without types: the docstring says them."""
    if what != "class" or not signature:
        return None
    return stringify_signature(inspect.signature(item), show_annotation=False), None


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", show_parameters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
