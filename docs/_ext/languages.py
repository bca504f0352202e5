"""Links between the English and the Chinese pages, which are two builds, and links to the site itself."""

import os
import posixpath
from pathlib import Path

from docutils import nodes
from notebook import SITE
from sphinx import addnodes


def link_pages(app, doctree):
    """Link to pages that the other build makes."""
    folder = posixpath.dirname(app.env.docname)
    for link in list(doctree.findall(addnodes.pending_xref)):
        target = link["reftarget"]
        if link.get("refdomain") != "doc":  # a path from this page; MyST has already found Markdown files
            target = posixpath.normpath(posixpath.join(folder, target))
        elif target.startswith("/"):
            target = os.path.relpath(target, app.srcdir).replace(os.sep, "/")
        if target.startswith(("../", "zh/")):
            address = posixpath.relpath(f"{target}.html", folder or ".")
            address += f"#{link['reftargetid']}" if link.get("reftargetid") else ""
            link.replace_self(
                nodes.reference("", "", *link.children, refuri=address, classes=link["classes"])
            )


def stay_on_the_site(app, doctree):
    """Make addresses of the site relative. Pages that are read in the repository too have such links."""
    folder = posixpath.dirname(app.env.docname)
    for link in doctree.findall(nodes.reference):
        page = link.get("refuri", "").partition(SITE)[2]
        if page:
            link["refuri"] = posixpath.relpath(page, folder or ".")
            link["internal"] = True


def find_other_language(app, page, template, context, doctree):
    """Say where the same page is in the other language, or else its first page."""
    folder = ".." if app.config.language == "zh_CN" else "zh"
    is_there = Path(app.srcdir, folder, f"{page}.md").is_file()
    context["other_language"] = f"{folder}/{page if is_there else 'index'}.html"


def setup(app):
    app.connect("doctree-read", link_pages)
    app.connect("doctree-read", stay_on_the_site)
    app.connect("html-page-context", find_other_language)
