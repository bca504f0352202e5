"""The ``run`` directive and the ``value`` role: code whose output is made while the site is built.

::

    ```{run}
    :alt: What the figure shows
    code
    ```

    The loss is {value}`f"{loss:.2f}"`.

    .. picture:: sknn_scratch.NetworkDisplay

All blocks of a page run in one namespace. ``:warns:`` and ``:raises:`` name the warning or error of a block.
``:folded:`` folds away the code and its warnings, below what it makes. A ``picture`` is what the example in a
docstring draws.

Chinese pages show figures, warnings and errors in Chinese, and with ``:translated:`` also what is printed.
"""

import doctest
import os
from importlib import import_module
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from session import Session
from sphinx.util.docutils import SphinxDirective, SphinxRole
from words import translate_lines, translate_markup

WIDE = 900  # pixels, from which on a figure is wider than the text
PIXELS_PER_INCH = 120  # as shown; images inside the figure have twice as many, for sharp screens
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def session_of(env):
    """Find the session of the page that is being read."""
    if "session" not in env.temp_data:
        env.temp_data["session"] = Session(Path(env.doctreedir, "files", env.docname))
    return env.temp_data["session"]


def is_chinese(docname):
    """Whether a page is one of the Chinese pages."""
    return docname.startswith("zh/")


def in_the_language_of(docname, markup):
    """Translate the words of an SVG or HTML if the page is Chinese."""
    return translate_markup(markup) if is_chinese(docname) else markup


def folded(word, content):
    """Fold nodes away below a word."""
    opening = f'<details class="folded"><summary>{word}</summary>'
    return [nodes.raw("", opening, format="html"), *content, nodes.raw("", "</details>", format="html")]


class Run(SphinxDirective):
    """Show the code, then what it prints and draws."""

    has_content = True
    option_spec: ClassVar = {
        **dict.fromkeys(("alt", "warns", "raises"), directives.unchanged),
        **dict.fromkeys(("folded", "translated"), directives.flag),
    }

    def run(self):
        """Return the nodes."""
        try:
            return self.shown("\n".join(self.content))
        except Exception as error:
            raise self.error(f"{type(error).__name__}: {error}") from error

    def shown(self, code):
        """Run the code, and list what is shown."""
        expected = {name: self.options.get(name, "") for name in ("warns", "raises")}
        outcome = session_of(self.env).run(code, **expected)
        if outcome.figures and "alt" not in self.options:
            raise ValueError("A block that draws needs :alt:, for those who cannot see the figure.")
        code = [nodes.literal_block(code, code, language="python")]
        text, trouble = outcome.text.rstrip(), outcome.trouble
        if "translated" in self.options:
            text = translate_lines(text)
        if is_chinese(self.env.docname):
            trouble = translate_lines(trouble)
        printed, trouble = self.block(text, "run-output"), self.block(trouble, "run-trouble")
        pictures = [self.image(figure, self.options["alt"]) for figure in outcome.figures]
        if outcome.html:
            html = in_the_language_of(self.env.docname, outcome.html)
            pictures.insert(0, nodes.raw("", f'<div class="run-html">{html}</div>', format="html"))
        if "folded" in self.options:
            word = "代码" if is_chinese(self.env.docname) else "Code"
            return printed + pictures + folded(word, code + trouble)
        return code + printed + trouble + pictures

    def block(self, text, kind):
        """Show a text in the letters of code, if there is any."""
        return [nodes.literal_block(text, text, language="text", classes=[kind])] if text else []

    def image(self, figure, alt):
        """Save the figure as an SVG whose letters are text, and close it."""
        import matplotlib.pyplot as plt
        from matplotlib.collections import QuadMesh

        directory = Path(self.env.doctreedir, "figures")
        directory.mkdir(exist_ok=True)
        number = self.env.temp_data["n_figures"] = self.env.temp_data.get("n_figures", 0) + 1
        path = directory / f"{self.env.docname.replace('/', '-')}-{number}.svg"
        for mesh in figure.findobj(QuadMesh):
            mesh.set_rasterized(True)  # else each of its cells is an element
        with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": path.stem}):
            figure.savefig(path, dpi=2 * PIXELS_PER_INCH, metadata=NO_METADATA)
        svg = in_the_language_of(self.env.docname, path.read_text(encoding="utf-8"))
        path.write_text(svg, encoding="utf-8")
        width = round(figure.get_figwidth() * PIXELS_PER_INCH)
        plt.close(figure)
        page = Path(self.env.doc2path(self.env.docname)).parent
        uri = os.path.relpath(path, page).replace(os.sep, "/")
        image = nodes.image(uri=uri, alt=alt, width=f"{width}px")
        return nodes.container("", image, classes=["run-figure"] + ["wide"] * (width > WIDE))


class Picture(Run):
    """Show what the example in the docstring of a public class draws; the docstring shows the code."""

    has_content = False
    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self):
        """Return the nodes."""
        module, name = self.arguments[0].rsplit(".", 1)
        docstring = getattr(import_module(module), name).__doc__
        code = "".join(example.source for example in doctest.DocTestParser().get_examples(docstring))
        outcome = session_of(self.env).run(code)
        if not outcome.figures:
            raise self.error(f"The example of {name} draws nothing.")
        return [self.image(figure, docstring.split("\n")[0]) for figure in outcome.figures]


class Value(SphinxRole):
    """Put the value of an expression into the sentence."""

    def run(self):
        """Return the nodes and no messages."""
        text = session_of(self.env).evaluate(self.text)
        return [nodes.Text(text)], []


def setup(app):
    """Register with Sphinx."""
    app.add_directive("run", Run)
    app.add_directive("picture", Picture)
    app.add_role("value", Value())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
