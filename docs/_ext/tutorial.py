"""The directives ``draw`` and ``notebook``, and those of exercises.

::

    ```{draw}
    :alt: What the drawing shows
    call of a function in drawings.py
    ```

    ```{notebook} Download this chapter as a notebook
    A sentence that both the page and the notebook show.
    ```

A drawing is computed with the values of the page, and its code is not shown. ``notebook`` is the last block.
With ``:answers-of:`` and the name of a page beside it, it links to the answers of that page's exercises.

exercises.py explains the blocks ``task``, ``solution``, ``check`` and ``mistake``. The page shows the task,
and the check folded away.
"""

import json
import os
from pathlib import Path
from typing import ClassVar

import drawings
from docutils import nodes
from docutils.parsers.rst import directives
from exercises import answers_of, exercises_of
from notebook import notebook_of
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from run import folded, in_the_language_of, is_chinese, session_of


class Draw(SphinxDirective):
    """Show a drawing, which has the colours and the letters of the page."""

    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self):
        """Return the node."""
        if "alt" not in self.options:
            raise self.error("A drawing needs :alt:, for those who cannot see it.")
        session = session_of(self.env)
        self.env.note_dependency(drawings.__file__)
        svg = session.draw("\n".join(self.content), self.options["alt"])
        session.drawn.append(in_the_language_of(self.env.docname, svg))
        return [nodes.raw("", f'<div class="run-drawing">{session.drawn[-1]}</div>', format="html")]


class Notebook(SphinxDirective):
    """Link to the page as a Jupyter notebook."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"answers-of": directives.unchanged_required}

    def run(self):
        """Write the file, and return the nodes."""
        page = Path(self.env.doc2path(self.env.docname))
        if "answers-of" in self.options:
            page = page.with_name(f"{self.options['answers-of']}.md")
            self.env.note_dependency(str(page))
            name, notebook = f"{page.stem}-answers", notebook_of(answers_of(page.read_text(encoding="utf-8")))
        else:
            session = session_of(self.env)
            markdown = exercises_of(page.read_text(encoding="utf-8"))
            name, notebook = page.stem, notebook_of(markdown, session.values, session.drawn)
        directory = Path(self.env.doctreedir, "notebooks", self.env.docname).parent
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{name}.ipynb"
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
        target = os.path.relpath(path, page.parent).replace(os.sep, "/")
        words = nodes.inline("", self.arguments[0])
        link = addnodes.download_reference("", "", words, reftarget=target, refdoc=self.env.docname)
        space = "" if is_chinese(self.env.docname) else " "
        sentence = nodes.Text(space + " ".join(self.content))
        return [nodes.paragraph("", "", link, sentence, classes=["run-notebook"])]


class Task(SphinxDirective):
    """Show what a student gets."""

    has_content = True

    def run(self):
        """Return the nodes."""
        code = "\n".join(self.content)
        return [nodes.literal_block(code, code, language="python", classes=["task"])]


class Check(SphinxDirective):
    """Show the check, folded away."""

    has_content = True

    def run(self):
        """Return the nodes."""
        code = "\n".join(self.content)
        word = "检查" if is_chinese(self.env.docname) else "Check"
        return folded(word, [nodes.literal_block(code, code, language="python")])


class Hidden(SphinxDirective):
    """Show nothing: a solution belongs to the notebook of the answers, a mistake to the tests."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return no nodes."""
        return []


def setup(app):
    """Register with Sphinx."""
    app.add_directive("draw", Draw)
    app.add_directive("notebook", Notebook)
    app.add_directive("task", Task)
    app.add_directive("check", Check)
    app.add_directive("solution", Hidden)
    app.add_directive("mistake", Hidden)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
