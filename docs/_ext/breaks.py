"""Where a line may break: in long names in code and heads of tables, not before a comma after a formula."""

import re
from html import unescape

CODE = re.compile(r"(<code class=\"[^\"]*)(\"[^>]*>.*?</code>)", re.DOTALL)
HEAD = re.compile(r"<th\b.*?</th>", re.DOTALL)
TEXT = re.compile(r"(?<=>)[^<]+")
SHORT = 16  # characters: n_iter_no_change
PLACES = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\w\w[_=])(?=[\w&]{2})|(?<=[a-z]\.)(?=[a-z]{2})"
)
MATH_BEFORE_POINT = re.compile(r"<span class=\"math[^>]*>[^<]*</span>[^\w\s<&]+")


def marked(code):
    """Mark the places in an element of code: ``learning_`` ``rate``, ``MLP`` ``Classifier``."""
    head, rest = code.groups()
    if len(unescape("".join(TEXT.findall(rest)))) <= SHORT:
        return f"{head} unbroken{rest}"
    return head + breakable(rest)


def breakable(html):
    """Mark the places in the texts of an element."""
    return TEXT.sub(lambda text: PLACES.sub("<wbr>", text[0]), html)


def allow_breaks(app, page, template, context, doctree):
    """Mark the places in the HTML of a page."""
    body = CODE.sub(marked, context.get("body", ""))
    body = HEAD.sub(lambda head: breakable(head[0]), body)
    context["body"] = MATH_BEFORE_POINT.sub(r'<span class="unbroken">\g<0></span>', body)


def setup(app):
    app.connect("html-page-context", allow_breaks)
