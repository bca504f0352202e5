"""Pages under ``zh/`` say so to the browser, have the theme's words in Chinese, and link to the English."""

import gettext
from pathlib import Path

import pydata_sphinx_theme

WORDS = gettext.translation("sphinx", Path(pydata_sphinx_theme.__file__).parent / "locale", ["zh"])


def set_language(app, page, template, context, doctree):
    """Set the page's language, and the link to the same page in the other one."""
    is_chinese = page.startswith("zh/")
    other = page.removeprefix("zh/") if is_chinese else f"zh/{page}"
    if other not in app.env.found_docs:
        other = "index" if is_chinese else "zh/index"
    context["other_language"] = {
        "page": other,
        "name": "English" if is_chinese else "中文",
        "lang": "en" if is_chinese else "zh-CN",
    }
    if is_chinese:
        context.update({"language": "zh-CN", "_": WORDS.gettext, "gettext": WORDS.gettext})


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", set_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
