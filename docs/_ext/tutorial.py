"""The directives ``draw`` and ``notebook``.

::

    ```{draw}
    :alt: What the drawing shows
    call of a function in drawings.py
    ```

    ```{notebook} Download this chapter as a notebook
    A sentence that both the page and the notebook show.
    ```

A drawing is computed with the values of the page, and its code is not shown. ``notebook`` is the last block.
"""

import json
import os
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from notebook import notebook_of
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from run import in_the_language_of, session_of


class Draw(SphinxDirective):
    """Show a drawing, which has the colours and the letters of the page."""

    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self):
        """Return the node."""
        if "alt" not in self.options:
            raise self.error("A drawing needs :alt:, for those who cannot see it.")
        session = session_of(self.env)
        svg = session.draw("\n".join(self.content), self.options["alt"])
        session.drawn.append(in_the_language_of(self.env.docname, svg))
        return [nodes.raw("", f'<div class="run-drawing">{session.drawn[-1]}</div>', format="html")]


class Notebook(SphinxDirective):
    """Link to the page as a Jupyter notebook."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        """Write the file, and return the nodes."""
        page = Path(self.env.doc2path(self.env.docname))
        session = session_of(self.env)
        notebook = notebook_of(page.read_text(encoding="utf-8"), session.values, session.drawn)
        directory = Path(self.env.doctreedir, "notebooks", self.env.docname).parent
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{page.stem}.ipynb"
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
        target = os.path.relpath(path, page.parent).replace(os.sep, "/")
        words = nodes.inline("", self.arguments[0])
        link = addnodes.download_reference("", "", words, reftarget=target, refdoc=self.env.docname)
        space = "" if self.env.docname.startswith("zh/") else " "
        sentence = nodes.Text(space + " ".join(self.content))
        return [nodes.paragraph("", "", link, sentence, classes=["run-notebook"])]


def setup(app):
    """Register with Sphinx."""
    app.add_directive("draw", Draw)
    app.add_directive("notebook", Notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
