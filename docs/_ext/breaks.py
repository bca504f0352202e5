"""Where a line may break.

Between the words of a long name in code, but not in short code, nor before the full stop of a formula.
"""

import re
from html import unescape

CODE = re.compile(r"(<code class=\"[^\"]*)(\"[^>]*>.*?</code>)", re.DOTALL)
TEXT = re.compile(r"(?<=>)[^<]+")
SHORT = 16  # characters: n_iter_no_change
CLOSING = r"[.,;:!?)\u201d\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f]"  # the last eight are Chinese
FORMULA = re.compile(rf"(<math(?:(?!</math>).)*</math>{CLOSING}+)", re.DOTALL)
PLACES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=\w\w[_=])(?=[\w&]{2})|(?<=[a-z]\.)(?=[a-z]{2})")


def allow_breaks(app, page, template, context, doctree):
    """Mark the places in the HTML of a page: ``learning_`` ``rate``, ``MLP`` ``Classifier``."""

    def marked(code):
        head, rest = code.groups()
        if len(unescape("".join(TEXT.findall(rest)))) <= SHORT:
            return f"{head} unbroken{rest}"
        return head + TEXT.sub(lambda text: PLACES.sub("<wbr>", text[0]), rest)

    body = CODE.sub(marked, context.get("body", ""))
    context["body"] = FORMULA.sub(r'<span class="unbroken">\1</span>', body)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", allow_breaks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
