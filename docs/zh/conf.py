"""How the Chinese pages are built: python -m sphinx -W --keep-going -b html docs/zh docs/_build/html/zh."""

import re
import runpy
from pathlib import Path

from matplotlib import font_manager
from sphinx.search import SearchEnglish

globals().update(runpy.run_path(str(Path(__file__).parents[1] / "conf.py")))

import drawings  # noqa: E402
import session  # noqa: E402

language = drawings.language = "zh_CN"
# Measures the words in figures, which readers see in a font of their own. nox -s docs installs it.
font_manager.fontManager.addfont("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
session.STYLES.append({"font.family": ["sans-serif", "Noto Sans CJK SC"]})
WITHOUT = ("numpydoc", "sphinx_gallery.gen_gallery", "thumbnails")
extensions = [name for name in extensions if name not in WITHOUT]  # noqa: F821
exclude_patterns = []
locale_dirs = ["locale"]  # the theme's words that it does not translate
templates_path = ["../_templates"]
html_static_path = revealjs_static_path = ["../_static"]
html_logo = html_favicon = "../_static/logo.svg"
copyright = "sknn_scratch 开发者 · BSD-3-Clause 许可证"
html_theme_options |= {"header_links_before_dropdown": 6, "search_bar_text": "搜索"}  # noqa: F821


class Search(SearchEnglish):
    """English words, and Chinese characters one by one and in pairs. Sphinx's own fails."""

    lang = language
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
        words = re.findall(r"[\u4e00-\u9fff]+|[^\W\u4e00-\u9fff]+", text)
        return [part for word in words for part in parts_of(word)]


def parts_of(word):
    """List the index entries of a word."""
    if re.match("[\u4e00-\u9fff]", word):
        return [*word, *(word[i : i + 2] for i in range(len(word) - 1))]
    return [word]


def setup(app):
    """Register with Sphinx."""
    app.add_search_language(Search)
