"""Pages under ``zh/`` say so to the browser, have the theme's words in Chinese, and link to the English.

Their home is the Chinese start page, and no arrow leads from one language to the other.
"""

import gettext
from pathlib import Path

import pydata_sphinx_theme

WORDS = gettext.translation("sphinx", Path(pydata_sphinx_theme.__file__).parent / "locale", ["zh"])
MISSING_WORDS = {
    "Breadcrumb": "当前位置",
    "Collapse Sidebar": "收起侧边栏",
    "Expand Sidebar": "展开侧边栏",
    "© Copyright %(copyright)s.": "© %(copyright)s 版权所有。",
}


def translate(message):
    """Translate words of the theme."""
    return MISSING_WORDS.get(message) or WORDS.gettext(message)


def set_language(app, page, template, context, doctree):
    """Set the page's language, its home, its neighbours, and the link to the same page in the other one."""
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
        context.update({"language": "zh-CN", "_": translate, "gettext": translate})
        context.update({"root_doc": "zh/index", "theme_header_dropdown_text": "更多"})
        context["parents"] = context["parents"][1:]  # the first is home, which has its own sign
    _, *neighbours = app.builder.relations.get(page, (None, None, None))
    for place, neighbour in zip(("prev", "next"), neighbours, strict=True):
        if neighbour and neighbour.startswith("zh/") != is_chinese:
            context[place] = None


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", set_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
