"""Thumbnails of examples: a part of the picture that can be read when it is small.

An example that draws once says which part, as shares of the width and the height from the left and the top:
``# sphinx_gallery_thumbnail_box = (0, 0, 0.5, 1)``.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from sphinx_gallery.py_source_parser import extract_file_config


def cut_out(app):
    """Cut the thumbnails from the pictures that the gallery has drawn."""
    images = Path(app.srcdir, app.config.sphinx_gallery_conf["gallery_dirs"], "images")
    for example in Path(app.srcdir, app.config.sphinx_gallery_conf["examples_dirs"]).glob("plot_*.py"):
        box = extract_file_config(example.read_text(encoding="utf-8")).get("thumbnail_box")
        if box:
            with Image.open(images / f"sphx_glr_{example.stem}_001_2_00x.png") as picture:
                corners = np.multiply(box, 2 * picture.size)
                picture.crop(tuple(corners)).save(images / "thumb" / f"sphx_glr_{example.stem}_thumb.png")


def setup(app):
    app.connect("builder-inited", cut_out, priority=600)  # the gallery has 500
