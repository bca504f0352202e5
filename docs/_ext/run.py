"""Code whose output is made while the site is built: the directives ``run``, ``draw`` and ``notebook``.

::

    ```{run}
    :alt: What the figure shows
    code
    ```

    The loss is {value}`f"{loss:.2f}"`, less than half of that at the start.{holds}`loss < start / 2`

docs/README.md says what writers of pages should know of them. ``:mine:`` marks the blocks of the reader's own
network, which run after those of the page of the exercises and of all earlier chapters. ``notebook`` is the
last block. Its text stands on the page and in its files. With ``:answers-of:`` and the name of a page beside
it, it links to that page with its solutions.
"""

import json
import os
from pathlib import Path
from typing import ClassVar

import matplotlib.pyplot as plt
from api_pages import folded
from docutils import nodes
from docutils.parsers.rst import directives
from matplotlib.collections import QuadMesh
from notebook import CHAPTER, EXERCISES, blocks_of, notebook_of, script_of, source_of, without_solutions
from session import STYLES, Session, drawings
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

PIXELS_PER_INCH = 120  # as shown; images inside the figure have twice as many, for sharp screens
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def session_of(env):
    """Find the session of the page that is being read."""
    return env.temp_data.setdefault("session", Session(Path(env.doctreedir, "files", env.docname)))


class Run(SphinxDirective):
    """Show the code, then what it prints and draws."""

    has_content = True
    option_spec: ClassVar = dict.fromkeys(("alt", "warns", "raises", "folded", "mine"), directives.unchanged)

    def run(self):
        try:
            return self.shown("\n".join(self.content))
        except Exception as error:
            raise self.error(f"{type(error).__name__}: {error}") from error

    def shown(self, code):
        """Run the code, and list what is shown."""
        expected = {name: self.options.get(name, "") for name in ("warns", "raises")}
        session = self.of_the_reader(code) if "mine" in self.options else session_of(self.env)
        outcome = session.run(code, **expected)
        self.env.temp_data["latest"] = session
        if outcome.figures and "alt" not in self.options:
            raise ValueError("A block that draws needs :alt:, for those who cannot see the figure.")
        code = without_solutions(code)
        code = [nodes.literal_block(code, code, language="python")]
        printed, trouble = block(outcome.text, "run-output"), block(outcome.trouble, "run-trouble")
        pictures = [raw(f'<div class="run-html">{outcome.html}</div>')] if outcome.html else []
        pictures += [self.image(figure, self.options["alt"]) for figure in outcome.figures]
        if "folded" not in self.options:
            where = [self.where_to_write()] if "### BEGIN SOLUTION" in "\n".join(self.content) else []
            return code + printed + trouble + pictures + where
        word = self.options["folded"] or ("代码" if self.config.language == "zh_CN" else "Code")
        if "mine" in self.options:  # else a check would seem to pass before the reader has written anything
            return folded(word, [*code, *printed, *trouble])
        return [*printed, *pictures, *folded(word, [*code, *trouble])]

    def where_to_write(self):
        """Link to the page that has the notebook for the reader's own code."""
        chinese = self.config.language == "zh_CN"
        words = "写在自己的笔记本里" if chinese else "Write it in your own notebook"
        link = nodes.reference("", words, refuri=f"{Path(EXERCISES).stem}.html", internal=True)
        return nodes.paragraph("", "", link, nodes.Text("。" if chinese else "."), classes=["run-notebook"])

    def of_the_reader(self, code):
        """Find the session of the reader's own network, which has run what comes before this block."""
        if "mine" not in self.env.temp_data:
            page = Path(self.env.doc2path(self.env.docname)).with_name(EXERCISES)
            for path in page.parent.glob("*.md"):
                self.env.note_dependency(str(path))
            session = Session(Path(self.env.doctreedir, "files", f"{self.env.docname}-mine"))
            before, *_ = source_of(page).partition(code)
            for block, _ in blocks_of(before, "{run}"):
                session.run(block)
            self.env.temp_data["mine"] = session
        return self.env.temp_data["mine"]

    def image(self, figure, alt):
        """Save the figure as an SVG whose letters are text, and close it."""
        directory = Path(self.env.doctreedir, "figures")
        directory.mkdir(exist_ok=True)
        number = self.env.temp_data["n_figures"] = self.env.temp_data.get("n_figures", 0) + 1
        path = directory / f"{self.env.docname.replace('/', '-')}-{number}.svg"
        for mesh in figure.findobj(QuadMesh):
            mesh.set_rasterized(True)  # else each of its cells is an element
        with plt.style.context(STYLES):
            figure.savefig(path, dpi=2 * PIXELS_PER_INCH, metadata=NO_METADATA)
        width = round(figure.get_figwidth() * PIXELS_PER_INCH)
        plt.close(figure)
        image = nodes.image(uri=beside(self.env, path), alt=alt, width=f"{width}px")
        return nodes.container("", image, classes=["run-figure"])


class Draw(SphinxDirective):
    """Show a drawing, which has the colours and the letters of the page."""

    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self):
        self.env.note_dependency(drawings.__file__)
        svg = session_of(self.env).draw("\n".join(self.content), self.options["alt"])
        return [raw(f'<div class="run-drawing">{svg}</div>')]


class Notebook(SphinxDirective):
    """Link to the page as a Jupyter notebook."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"answers-of": directives.unchanged_required}

    def run(self):
        page, solved = Path(self.env.doc2path(self.env.docname)), "answers-of" in self.options
        if solved:
            page = page.with_name(f"{self.options['answers-of']}.md")
            self.env.note_dependency(str(page))
        session = session_of(self.env)
        chinese = self.config.language == "zh_CN"
        values = session.values, session.drawn
        notebook = notebook_of(source_of(page), *values, solved=solved, chinese=chinese)
        name = page.stem + "-answers" * solved
        as_notebook = self.download(f"{name}.ipynb", json.dumps(notebook, ensure_ascii=False, indent=1))
        as_script = self.download(f"{name}.py", script_of(notebook), "Python (.py)")
        between, after = ("，", "。") if chinese else (", ", ". ")
        paragraph = [as_notebook, nodes.Text(between), as_script]
        if CHAPTER.fullmatch(page.name):
            address = f"../slides/{self.env.docname}.html"
            slides = nodes.reference("", "幻灯片" if chinese else "slides", refuri=address, internal=True)
            paragraph += [nodes.Text(between), slides]
        paragraph.append(nodes.Text(after + " ".join(self.content)))
        return [nodes.paragraph("", "", *paragraph, classes=["run-notebook"])]

    def download(self, name, text, words=""):
        """Write a file, and link to it."""
        path = Path(self.env.doctreedir, "notebooks", self.env.docname).with_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        address = {"reftarget": beside(self.env, path), "refdoc": self.env.docname}
        inline = nodes.inline("", words or self.arguments[0])
        return addnodes.download_reference("", "", inline, **address)


class Expression(SphinxRole):
    """Put the value of an expression into the sentence, or ask whether what this says is true."""

    def run(self):
        if self.name == "value":
            return [nodes.Text(session_of(self.env).evaluate(self.text))], []
        false = [] if self.env.temp_data["latest"].holds(self.text) else [f"This does not hold: {self.text}"]
        return [], [self.inliner.reporter.error(message, line=self.lineno) for message in false]


def block(text, kind):
    """Show a text in the letters of code, if there is any."""
    text = text.rstrip()
    return [nodes.literal_block(text, text, language="text", classes=[kind])] if text else []


def raw(html):
    return nodes.raw("", html, format="html")


def beside(env, path):
    """Write the path of a file from the page that is being read."""
    return os.path.relpath(path, Path(env.doc2path(env.docname)).parent).replace(os.sep, "/")


def setup(app):
    app.add_directive("run", Run)
    app.add_directive("draw", Draw)
    app.add_directive("notebook", Notebook)
    app.add_role("value", Expression())
    app.add_role("holds", Expression())
