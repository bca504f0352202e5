"""All words of the pages under ``zh/`` are Chinese: the theme's words, the navigation, the search.

Their home is the Chinese start page, and no arrow leads from one language to the other. The header links to
the Chinese page if there is one. The search index contains Chinese characters, and pairs of them.
"""

import gettext
import posixpath
import re
from pathlib import Path

import pydata_sphinx_theme
import sphinx
from bs4 import BeautifulSoup
from sphinx.search import SearchEnglish
from words import in_chinese

WORDS = gettext.translation("sphinx", Path(pydata_sphinx_theme.__file__).parent / "locale", ["zh"])
BETTER_WORDS = {
    "Breadcrumb": "当前位置",
    "Collapse Sidebar": "收起侧边栏",
    "Color mode": "配色模式",
    "Dark": "深色",
    "Expand Sidebar": "展开侧边栏",
    "Home": "首页",
    "Light": "浅色",
    "On this page": "本页目录",
    "Section Navigation": "章节目录",
    "Site navigation": "网站导航",
    "Skip to main content": "跳到正文",
    "System Settings": "跟随系统",
    "next": "下一页",
    "next page": "下一页",
    "previous": "上一页",
    "previous page": "上一页",
    "© Copyright %(copyright)s.": "© sknn_scratch 开发者 · BSD-3-Clause 许可证",
}
SEARCH_WORDS = Path(sphinx.__file__).parent / "locale" / "zh_CN" / "LC_MESSAGES" / "sphinx.js"


def translate(message):
    """Translate words of the theme."""
    return BETTER_WORDS.get(message) or WORDS.gettext(message)


class Search(SearchEnglish):
    """English words, and Chinese characters one by one and in pairs."""

    lang = "en-zh"
    language_name = "English"  # whose stemmer it has
    _word_re = re.compile(r"[\u4e00-\u9fff]+|[^\W\u4e00-\u9fff]+")
    js_splitter_code = r"""
function splitQuery(query) {
  const words =
    query.match(/[\u4e00-\u9fff]+|(?:(?![\u4e00-\u9fff])[\p{Letter}\p{Number}_])+/gu) ?? [];
  return words.flatMap((word) =>
    /^[\u4e00-\u9fff]{2}/.test(word)
      ? Array.from({ length: word.length - 1 }, (_, i) => word.slice(i, i + 2))
      : [word],
  );
}
"""

    def split(self, text):
        """List the words of a text."""
        return [part for word in super().split(text) for part in parts_of(word)]


def parts_of(word):
    """List the index entries of a word."""
    if re.match("[\u4e00-\u9fff]", word):
        return [*word, *(word[i : i + 2] for i in range(len(word) - 1))]
    return [word]


def set_language(app, page, template, context, doctree):
    """Set the page's language, its home, its neighbours, and the link to the same page in the other one."""
    is_chinese = page.startswith("zh/")
    other = page.removeprefix("zh/") if is_chinese else f"zh/{page}"
    if other not in app.env.found_docs | {"search", "zh/search"}:
        other = "index" if is_chinese else "zh/index"
    context["other_language"] = {
        "page": other,
        "name": "English" if is_chinese else "中文",
        "lang": "en" if is_chinese else "zh-CN",
    }
    context["header_nav"] = lambda html: str(header_links(page, html)[0])
    if is_chinese:
        make_chinese(app, page, context)
    _, *neighbours = app.builder.relations.get(page, (None, None, None))
    for place, neighbour in zip(("prev", "next"), neighbours, strict=True):
        if neighbour and neighbour.startswith("zh/") != is_chinese:
            context[place] = None


def make_chinese(app, page, context):
    """Set the words and the links of the theme."""
    english_path = context["pathto"]

    def path_to(name, *options):
        return english_path("zh/search" if name == "search" else name, *options)

    context.update({"language": "zh-CN", "_": translate, "gettext": translate})
    context.update({"root_doc": "zh/index", "theme_header_dropdown_text": "更多"})
    context.update({"theme_search_bar_text": "搜索", "pathto": path_to})
    context["theme_icon_links_label"] = "外部链接"
    context["theme_icon_links"] = [{**link, "name": "代码仓库"} for link in context["theme_icon_links"]]
    context["header_nav"] = lambda html: chinese_nav(app, page, html)
    context["body"] = context.get("body", "").replace('title="Link to this heading"', 'title="链接到此标题"')
    context["parents"] = context.get("parents", [])[1:]  # the first is home, which has its own sign
    if page == "zh/search":
        app.add_js_file(None, body=SEARCH_WORDS.read_text(encoding="utf-8"))


def header_links(page, html):
    """Parse the links of the header, without the one to the Chinese pages, which has a place of its own.

    Parameters
    ----------
    page : str
        The page that the links are on.
    html : str

    Returns
    -------
    nav : BeautifulSoup
    links : dict of str to Tag
        By the page that they lead to.
    """
    nav = BeautifulSoup(html, "html.parser")
    links = {}
    for link in nav.find_all("a"):
        target = posixpath.join(posixpath.dirname(page), link["href"])
        name = page if link["href"] == "#" else posixpath.normpath(target).removesuffix(".html")
        links[name] = link
    links.pop("zh/index").find_parent("li").decompose()
    return nav, links


def chinese_nav(app, page, html):
    """Translate the links of the header. Those that lead to an English page say so."""
    nav, links = header_links(page, html)
    for name, link in links.items():
        link.string = in_chinese(link.get_text(strip=True))
        if f"zh/{name}" in app.env.found_docs:
            link["href"] = app.builder.get_relative_uri(page, f"zh/{name}")
        else:
            link.append(in_chinese("(in English)"))
    return str(nav)


def search_page(app):
    """Make the search page of the Chinese pages."""
    yield "zh/search", {}, "chinese_search.html"


def setup(app):
    """Register with Sphinx."""
    app.add_search_language(Search)
    app.connect("html-page-context", set_language)
    app.connect("html-collect-pages", search_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
