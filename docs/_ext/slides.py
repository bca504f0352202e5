"""Slides of the chapters, made from the chapters themselves. The builder ``revealjs`` writes them.

A section becomes a slide for each thing to look at: a figure, a drawing, a formula, a table, what a block
printed. The sentence that leads to it stands above, the one that follows it below. A paragraph that begins
with bold words, such as a question to predict, has a slide of its own. Code, answers and the reader's own
network stay in the chapter.
"""

import re

from docutils import nodes
from sphinx_revealjs.builders import RevealjsHTMLBuilder

LEFT_OUT = re.compile("Where it comes from|Your network|Exercise|来历|你的网络|练习")
END = re.compile(r"(?<=[.?!])\s+|(?<=[\u3002\uff1f\uff01])(?!$)")  # of a sentence


def make_slides(app, doctree, docname):
    """Replace the chapter by its slides."""
    if not isinstance(app.builder, RevealjsHTMLBuilder):
        return
    for link in list(doctree.findall(nodes.reference)):
        link.replace_self(link.children)  # a click is for the next slide
    chapter = doctree[0]
    sections = [one for one in chapter if isinstance(one, nodes.section)]
    opening = [one for one in chapter if one not in sections]
    figure = next((one for one in opening if is_shown(one)), nodes.Text(""))
    chapter.children = []
    chapter += [*opening[:2], figure]  # the title, and the question
    for section in sections:
        if not LEFT_OUT.match(section[0].astext()):
            first, *others = slides_of(section)
            below = [nodes.section("", *slide, ids=section["ids"]) for slide in others]
            chapter += nodes.section("", *first, *below, ids=section["ids"])


def slides_of(section):
    """List the slides of a section, each as its nodes."""
    title, *content = section.children
    if not any(map(is_shown, content)):
        return [
            [title, *(node for node in content if isinstance(node, (nodes.paragraph, nodes.bullet_list)))]
        ]
    slides, leading, was_shown = [[title]], [], False
    for node in content:
        if is_shown(node):
            if any(map(is_shown, slides[-1])) or is_question(slides[-1][-1]):
                slides.append([title.deepcopy()])
            slides[-1] += [*leading, node]
            leading = []
        elif is_question(node):
            slides.append([title.deepcopy(), node])
        elif isinstance(node, nodes.bullet_list):
            if any(map(is_shown, slides[-1])):
                slides.append([title.deepcopy(), *leading])
                leading = []
            slides[-1].append(node)
        elif isinstance(node, nodes.paragraph):
            sentences = sentences_of(node)
            if was_shown or len(slides[0]) == 1:
                slides[-1] += sentences[:1]
                sentences = sentences[1:]
            leading = sentences[-1:]
        was_shown = is_shown(node)
    return slides


def is_question(node):
    """Whether a paragraph begins with bold words."""
    parts = [child for child in node.children if child.astext()]
    return isinstance(node, nodes.paragraph) and isinstance(parts[0], nodes.strong)


def is_shown(node):
    """Whether there is something to look at."""
    if isinstance(node, nodes.literal_block):
        return "run-output" in node["classes"] and "\n" in node.astext()
    if isinstance(node, nodes.raw):
        return node.astext().startswith('<div class="run-')
    return isinstance(node, (nodes.math_block, nodes.table)) or "run-figure" in node.get("classes", ())


def sentences_of(paragraph):
    """List the sentences of a paragraph, each as a paragraph."""
    found = [nodes.paragraph()]
    for child in paragraph:
        first, *others = END.split(child) if isinstance(child, nodes.Text) else [child]
        found[-1] += nodes.Text(first) if isinstance(first, str) else first.deepcopy()
        found += [nodes.paragraph("", text) for text in others]
    texts = [one.astext() for one in found]
    return [
        one for one, text in zip(found, texts, strict=True) if text and text.count("(") == text.count(")")
    ]


def trim_page(app, page, template, context, doctree):
    """Leave out what slides have not: pages before and after, scripts of pages, and styles of the gallery."""
    if isinstance(app.builder, RevealjsHTMLBuilder):
        context |= {"parents": [], "prev": None, "next": None}
        context["script_files"] = [one for one in context["script_files"] if "mathjax" in name_of(one)]
        context["css_files"] = [one for one in context["css_files"] if "sg_gallery" not in name_of(one)]


def name_of(file):
    """Get the name of a script or a style sheet."""
    return str(getattr(file, "filename", file))


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-resolved", make_slides)
    app.connect("html-page-context", trim_page)
