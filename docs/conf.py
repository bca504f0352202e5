"""How the site is built: python -m sphinx -W --keep-going -b html docs docs/_build/html.

The Chinese pages are a build of their own, docs/zh/conf.py.
"""

import sys
from doctest import DocTestParser
from pathlib import Path

from sphinx_gallery.sorting import ExplicitOrder

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import sknn_scratch

project = "sknn_scratch"
author = "the sknn_scratch developers"
version = release = sknn_scratch.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "matplotlib.sphinxext.plot_directive",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx_revealjs",
    "api_pages",
    "breaks",
    "bundle",
    "languages",
    "run",
    "slides",
    "thumbnails",
]
exclude_patterns = ["_build", "zh", "README.md"]
suppress_warnings = [
    "config.cache",  # sphinx_gallery_conf holds values that cannot be pickled
    "ref.ref",  # docstrings inherited from scikit-learn refer to its user guide and to its glossary
    "ref.term",
]
default_role = "literal"  # as in scikit-learn, whose docstrings are inherited
smartquotes = False  # quotes in the types of parameters are code
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

mathjax_path = "mathjax/tex-svg.js"  # 3.2.2, from npm: pages work without a network

html_theme = "pydata_sphinx_theme"
html_title = "sknn_scratch"
html_logo = html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["palette.css", "site.css"]
html_js_files = [("predict.js", {"defer": "defer"}), ("wide.js", {"defer": "defer"})]
# Pages that stand alone have no section to navigate.
html_sidebars = {
    page: []
    for page in (
        "playground",
        "which",
        "cheat_sheet",
        "faq",
        "comparison",
        "how_it_works",
        "from_mlp",
        "performance",
        "results/*",
        "defaults",
        "reproducibility",
        "cite",
        "changelog",
        "contributing",
        "extending",
        "auto_examples/index",
    )
}
templates_path = ["_templates"]
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "sknn_scratch"},
    "navbar_end": ["language", "theme-switcher", "navbar-icon-links"],
    "header_links_before_dropdown": 5,
    "icon_links": [
        {
            "name": "Repository",
            "url": "https://github.com/sknn-scratch/sknn_scratch",
            "icon": "fa-brands fa-github",
        }
    ],
    "navigation_with_keys": False,
    "pygments_dark_style": "a11y-dark",
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        **{page: [] for page in ("index", "playground", "cheat_sheet", "auto_examples/index")},
    },
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
# The slides of the chapters.
revealjs_static_path = ["_static"]
revealjs_css_files = ["palette.css", "slides.css"]
revealjs_style_theme = "white"
revealjs_script_conf = {
    "width": 1280,
    "height": 800,
    "margin": 0.06,
    "center": False,
    "hash": True,
    "slideNumber": True,
    "transition": "none",
}
copyright = "the sknn_scratch developers, BSD-3-Clause"


autosummary_generate = True
autosummary_context = {
    "examples": {  # of the displays, whose pages draw them
        name: "".join(example.source for example in DocTestParser().get_examples(one.__doc__))
        for name, one in vars(sknn_scratch).items()
        if name.endswith("Display")
    }
}
plot_html_show_source_link = plot_html_show_formats = False
plot_formats = [("svg", 120)]
autodoc_member_order = "groupwise"
autodoc_typehints = "none"  # numpydoc's Parameters say it
numpydoc_show_class_members = False  # the class template lists them
numpydoc_validation_checks = {
    "all",
    "ES01",  # a summary and its parameters may say it all
    "EX01",  # an example for the class is enough: its methods need none
    "GL01",  # the text begins in the line of the quotes, as ruff has it
    "RT02",  # return values have names, as in scikit-learn
    "RT03",  # what a return value means may be plain from its name
    "SA01",  # not everything has something to be seen with
}

# scikit-learn's own docstrings are as they are.
numpydoc_validation_exclude = {r"\.named_steps$"}

RUN = sorted(
    path.name for path in Path(__file__).parents[1].glob("examples/plot_*.py")
)  # the others come last
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": ExplicitOrder(["plot_quickstart.py", *RUN, "*"]),
    "backreferences_dir": "api/backreferences",
    "doc_module": ("sknn_scratch",),
    "filename_pattern": r"[/\\]plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "image_srcset": ["2x"],  # for sharp screens
    "write_computation_times": False,
}
