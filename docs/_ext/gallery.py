"""The examples: their order, and their figures, which are like those of the other pages."""

from pathlib import Path

from sphinx.util.images import get_image_size
from sphinx_gallery.directives import imgsgnode, visit_imgsg_html
from sphinx_gallery.sorting import FileNameSortKey

WIDE = 750  # pixels, from which on a figure scrolls on a phone


class QuickStartFirst(FileNameSortKey):
    """The quick start, then what is run here, then the others."""

    def __call__(self, filename):
        """Give what an example is sorted by."""
        name = super().__call__(filename)
        return (name != "plot_quickstart.py", not name.startswith("plot_"), name)


def visit_figure(writer, node):
    """Write a figure into a box, in which it can scroll if it is wide."""
    path = node["srcset"].split(",")[0].lstrip("/")
    width, _ = get_image_size(Path(writer.builder.srcdir, path))
    writer.body.append(f'<div class="run-figure{" wide" * (width > WIDE)}">')
    visit_imgsg_html(writer, node)


def depart_figure(writer, _):
    """End the box."""
    writer.body.append("</div>")


def setup(app):
    """Register with Sphinx."""
    app.add_node(imgsgnode, override=True, html=(visit_figure, depart_figure))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
