"""Names in code may break between their words: ``learning_`` ``rate``, ``MLP`` ``Classifier``."""

import re

CODE = re.compile(r"(?<=<code )[^>]*>.*?(?=</code>)", re.DOTALL)
TEXT = re.compile(r"(?<=>)[^<]+")
PLACES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=\w\w[_=])(?=[\w&]{2})|(?<=[a-z]\.)(?=[a-z]{2})")


def allow_breaks(app, page, template, context, doctree):
    """Mark the places in the HTML of a page."""

    def marked(code):
        return TEXT.sub(lambda text: PLACES.sub("<wbr>", text[0]), code[0])

    context["body"] = CODE.sub(marked, context.get("body", ""))


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", allow_breaks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
