"""Code whose output is made while the site is built: the directives ``run``, ``draw`` and ``notebook``.

::

    ```{run}
    :alt: What the figure shows
    code
    ```

    The loss is {value}`f"{loss:.2f}"`, less than half of that at the start.{holds}`loss < start / 2`

docs/README.md says what writers of pages should know of them. ``:mine:`` marks the blocks of the reader's own
network, which run after those of the page of the exercises and of all earlier chapters. ``notebook`` is the
last block. Its text stands on the page and in its files.
"""

import json
import os
from pathlib import Path
from typing import ClassVar

import drawings
import matplotlib.pyplot as plt
from api_pages import folded
from docutils import nodes
from docutils.parsers.rst import directives
from matplotlib.collections import QuadMesh
from notebook import EXERCISES, blocks_of, notebook_of, script_of, source_of, without_solutions
from session import STYLES, Session
from sphinx.locale import _
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
        session = self.of_the_reader(code) if "mine" in self.options else session_of(self.env)
        self.env.temp_data["latest"] = session
        outcome = session.run(code, self.options.get("warns", ""), self.options.get("raises", ""))
        if outcome.figures and "alt" not in self.options:
            raise ValueError("A block that draws needs :alt:, for those who cannot see the figure.")
        to_write = without_solutions(code)
        shown = literal(to_write, "python")
        printed = literal(outcome.text, kind="run-output")
        trouble = literal(outcome.trouble, kind="run-trouble")
        pictures = [raw(f'<div class="run-html">{outcome.html}</div>')] if outcome.html else []
        pictures += [self.image(figure, self.options["alt"]) for figure in outcome.figures]
        if "folded" not in self.options:
            where = f'<p><a href="{Path(EXERCISES).stem}.html">{_("Write it in your own notebook.")}</a></p>'
            return [*shown, *printed, *trouble, *pictures, *([raw(where)] if to_write != code else [])]
        word = self.options["folded"] or _("Code")
        if "mine" in self.options:  # else a check would seem to pass before the reader has written anything
            return folded(word, [*shown, *printed, *trouble])
        return [*printed, *pictures, *folded(word, [*shown, *trouble])]

    def of_the_reader(self, code):
        """Find the session of the reader's own network, which has run what comes before this block."""
        if "mine" not in self.env.temp_data:
            page = Path(self.env.doc2path(self.env.docname)).with_name(EXERCISES)
            session = Session(Path(self.env.doctreedir, "files", f"{self.env.docname}-mine"))
            before, *_after = source_of(page).partition(code)
            for block, _options in blocks_of(before, "{run}"):
                session.run(block)
            self.env.temp_data["mine"] = session
        return self.env.temp_data["mine"]

    def image(self, figure, alt):
        """Save the figure as an SVG whose letters are text, and close it."""
        directory = Path(self.env.doctreedir, "figures")
        directory.mkdir(exist_ok=True)
        number = self.env.new_serialno("figure") + 1
        path = directory / f"{self.env.docname.replace('/', '-')}-{number}.svg"
        for mesh in figure.findobj(QuadMesh):
            mesh.set_rasterized(True)  # else each of its cells is an element
        with plt.style.context(STYLES):
            figure.savefig(path, dpi=2 * PIXELS_PER_INCH, metadata=NO_METADATA)
        width = round(figure.get_figwidth() * PIXELS_PER_INCH)
        plt.close(figure)
        page = Path(self.env.doc2path(self.env.docname))
        image = nodes.image(uri=os.path.relpath(path, page.parent), alt=alt, width=f"{width}px")
        return nodes.container("", image, classes=["run-figure"])


class Draw(SphinxDirective):
    """Show a drawing, which has the colours and the letters of the page."""

    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self):
        session = session_of(self.env)
        drawing = eval("\n".join(self.content), {**vars(drawings), **session.namespace})
        session.drawn.append(drawing.svg(self.options["alt"]))
        return [raw(f'<div class="run-drawing">{session.drawn[-1]}</div>')]


class Notebook(SphinxDirective):
    """Write the page as a Jupyter notebook and as a script, beside the built page, and link to them."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        page, session = Path(self.env.doc2path(self.env.docname)), session_of(self.env)
        folder = Path(self.env.app.outdir, self.env.docname).parent
        folder.mkdir(parents=True, exist_ok=True)
        for solved in (False, True) if page.name == EXERCISES else (False,):
            chinese = self.config.language == "zh_CN"
            made = notebook_of(source_of(page), session.values, session.drawn, solved=solved, chinese=chinese)
            name = page.stem + "-answers" * solved
            text = json.dumps(made, ensure_ascii=False, indent=1)
            (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
            (folder / f"{name}.py").write_text(script_of(made), encoding="utf-8")
        addresses = {self.arguments[0]: f"{page.stem}.ipynb", "Python (.py)": f"{page.stem}.py"}
        links = [f'<a href="{file}" download>{words}</a>' for words, file in addresses.items()]
        if page.name[0].isdigit():  # a chapter
            links.append(f'<a href="../slides/{self.env.docname}.html">{_("slides")}</a>')
        return [raw(f"<p>{' · '.join(links)}<br>{' '.join(self.content)}</p>")]


class Expression(SphinxRole):
    """Put the value of an expression into the sentence, or ask whether what this says is true."""

    def run(self):
        session = session_of(self.env)
        if self.name == "value":
            session.values.append(str(eval(self.text, session.namespace)))
            return [nodes.Text(session.values[-1])], []
        latest = self.env.temp_data["latest"]
        false = [] if eval(self.text, latest.namespace) else [f"This does not hold: {self.text}"]
        return [], [self.inliner.reporter.error(message, line=self.lineno) for message in false]


def literal(text, language="text", kind=""):
    """Show a text in the letters of code, if there is any."""
    text = text.rstrip()
    return [nodes.literal_block(text, text, language=language, classes=[kind])] if text else []


def raw(html):
    return nodes.raw("", html, format="html")


def setup(app):
    app.add_directive("run", Run)
    app.add_directive("draw", Draw)
    app.add_directive("notebook", Notebook)
    app.add_role("value", Expression())
    app.add_role("holds", Expression())
