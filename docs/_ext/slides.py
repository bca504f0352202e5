"""Slides of the chapters, made from the chapters themselves. The builder ``revealjs`` writes them.

A section becomes a slide for each thing to look at: a figure, a drawing, a formula, a table, what a block
printed. The last three sentences that lead to it stand above, the one that follows it below. The answer to
a question, and what its first fold printed, appear below at the next key. Code, answers to exercises and the
reader's own network stay in the chapter.
"""

import re
from itertools import groupby

from docutils import nodes
from sphinx_design.dropdown import dropdown_main
from sphinx_revealjs.builders import RevealjsHTMLBuilder

LEFT_OUT = re.compile("Where it comes from|Your network|Exercise|来历|你的网络|练习")
END = re.compile(r"(?<=[.?!])\s+|(?<=[.?!]\))\s+|(?<=[。？！])(?!）)|(?<=[。？！]）)")  # of a sentence


def make_slides(app, doctree, docname):
    """Replace the chapter by its slides."""
    if not isinstance(app.builder, RevealjsHTMLBuilder):
        return
    for link in list(doctree.findall(nodes.reference)):
        link.replace_self(link.children)  # a click is for the next slide
    chapter = doctree[0]
    sections = [one for one in chapter if isinstance(one, nodes.section)]
    opening = [one for one in chapter if one not in sections]
    figure = next(one for one in opening if is_shown(one) or is_bold(one))
    chapter[:] = [*opening[:2], figure]  # the title, the question, and a figure or what there is to see
    for section in sections:
        if not LEFT_OUT.match(section[0].astext()):
            first, *others = slides_of(section)
            below = [nodes.section("", *slide, ids=section["ids"]) for slide in others]
            chapter += nodes.section("", *first, *below, ids=section["ids"])


def slides_of(section):
    """List the slides of a section, each as its nodes."""
    title, *content = section.children
    slides, said, before = [[title]], [], title  # the sentences since the last code, and the node before
    place = slides[-1]  # where the slide goes on
    for node in content:
        if is_text(node):
            sentences = sentences_of(node)
            if is_shown(before) and sentences and not leads(sentences[0]):
                place.append(sentences.pop(0))
            said = (said if is_text(before) else []) + sentences
        elif is_shown(node) or is_bold(node) or isinstance(node, nodes.bullet_list):
            if asks(place[-1]):  # the answer appears at the next key
                place.append(nodes.container(classes=["fragment"]))
                place = place[-1]
            elif any(map(is_shown, place)):
                place = [title.deepcopy()]
                slides.append(place)
            place += [*said[-3:], node]
            said = []
        before = node
    if len(slides[0]) == 1:
        slides[0] += [one for one in said if not leads(one)]
    slides[-1] += [unfolded(node) for node in content if has_output(node)][:1]
    return slides


def has_output(node):
    return isinstance(node, dropdown_main) and any(node.findall(is_output))


def unfolded(fold):
    """Let the title of a fold and what it prints first appear at the next key."""
    title = nodes.paragraph("", "", nodes.strong("", fold[0][0].astext()))  # the rest of its title are signs
    return nodes.container("", title, next(fold.findall(is_output)), classes=["fragment"])


def leads(sentence):
    return sentence.astext().endswith((":", "："))


def is_text(node):
    return isinstance(node, nodes.paragraph) and not is_bold(node)


def is_bold(node):
    """Whether a paragraph begins with bold words."""
    parts = [child for child in node.children if child.astext()]
    return isinstance(node, nodes.paragraph) and isinstance(parts[0], nodes.strong)


def asks(node):
    """Whether this is a question to predict."""
    return is_bold(node) and bool(re.search("[?？]", node.astext()))


def is_output(node):
    return isinstance(node, nodes.literal_block) and "run-output" in node["classes"]


def is_shown(node):
    """Whether this is to be looked at: also what a block drew, or notebooks show of an estimator."""
    is_raw = isinstance(node, nodes.raw) and node.astext().startswith('<div class="run-')
    is_picture = isinstance(node, nodes.container) and "run-figure" in node["classes"]
    return is_raw or is_picture or is_output(node) or isinstance(node, (nodes.math_block, nodes.table))


def sentences_of(paragraph):
    """List the sentences of a paragraph that are not in brackets, each as a paragraph."""
    found = [nodes.paragraph()]
    for is_text, run in groupby(paragraph, lambda child: isinstance(child, nodes.Text)):
        if is_text:
            first, *others = END.split("".join(run))  # a role may have cut a text
            found[-1] += nodes.Text(first)
            found += [nodes.paragraph("", text) for text in others]
        else:
            found[-1] += [child.deepcopy() for child in run]
    kept, depth = [], 0
    for one in found:
        text, is_outside = one.astext().strip(), depth == 0
        depth += len(re.findall("[(（]", text)) - len(re.findall("[)）]", text))
        if text and is_outside and depth == 0 and text[0] not in "(（":
            kept.append(one)
    return kept


def trim_page(app, page, template, context, doctree):
    """Leave out what slides have not: pages before and after, scripts of pages, and styles of the gallery."""
    if isinstance(app.builder, RevealjsHTMLBuilder):
        context |= {"parents": [], "prev": None, "next": None}
        context["script_files"] = [one for one in context["script_files"] if "mathjax" in str(one)]
        context["css_files"] = [one for one in context["css_files"] if "sg_gallery" not in str(one)]


def setup(app):
    app.connect("doctree-resolved", make_slides)
    app.connect("html-page-context", trim_page)
