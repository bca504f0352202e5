"""Slides of the chapters, made from the chapters themselves. The builder ``revealjs`` writes them.

A section becomes a slide for each thing to look at: a figure, a drawing, a formula, a table, what a block
printed. The sentences that lead to it stand above, as many as have room, the one that follows it below. The
answer to a question, and what its first fold printed, appear below at the next key. Few words are large, and
a figure has all the room. Code, answers to exercises and the reader's own network stay in the chapter.
"""

import re
import unicodedata
from itertools import groupby, islice

from docutils import nodes
from sphinx_design.dropdown import dropdown_main
from sphinx_revealjs.builders import RevealjsHTMLBuilder

LEFT_OUT = re.compile("Where it comes from|Your network|Exercise|来历|你的网络|练习")
END = re.compile(r"(?<=[.?!])\s+|(?<=[.?!]\))\s+|(?<=[。？！])(?!）)|(?<=[。？！]）)")  # of a sentence
OPENING, CLOSING, COLONS = ("(", "（"), (")", "）"), (":", "：")
LINE = 78  # characters


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
    chapter.children = []
    chapter += filled([*opening[:2], figure])  # the title, the question, and a figure or what there is to see
    for section in sections:
        if not LEFT_OUT.match(section[0].astext()):
            *_, last = slides = slides_of(section)
            last += map(unfolded, islice(filter(has_output, section), 1))  # no room for a second, the repair
            first, *others = map(filled, slides)
            below = [nodes.section("", *slide, ids=section["ids"]) for slide in others]
            chapter += nodes.section("", *first, *below, ids=section["ids"])


def slides_of(section):
    """List the slides of a section, each as its nodes. What is to be looked at ends its slide.

    The sentences before a thing that have room lead to it; those before code are about the code. The first
    sentence after a thing belongs to it, unless it leads to the next one.
    """
    title, *content = section.children
    looked_at = shown_of(content)
    if not looked_at:
        return [[title, *(part for node in content for part in told(node))]]
    slides, said, before = [[title]], [], title  # the sentences since the last code, and the node before
    is_full, is_new = False, True  # whether the slide has its thing, and whether no text has followed
    for node in content:
        if is_text(node):
            sentences = sentences_of(node)
            if is_new and sentences and not leads(sentences[0]):
                end_of(slides[-1]).append(sentences.pop(0))
            said, is_new = (said if is_text(before) else []) + sentences, False
        elif node in looked_at or is_bold(node) or isinstance(node, nodes.bullet_list):
            if is_full:
                slides.append([title.deepcopy()])
            place = end_of(slides[-1])
            place += leading(said, room_above(node) - lines_on(slides[-1]))
            if asks(node) and lines_on(place) > 2:
                place = [title.deepcopy()]
                slides.append(place)
            place.append(node)
            said, is_full = [], node in looked_at
            is_new = is_full
        before = node
    return slides


def has_output(node):
    return isinstance(node, dropdown_main) and any(node.findall(is_output))


def unfolded(fold):
    """Let the title of a fold and what it prints first appear at the next key."""
    words = fold[0][0].astext()  # the rest of its title are signs
    title = nodes.paragraph("", "", nodes.strong("", words))
    return nodes.container("", title, next(fold.findall(is_output)), classes=["fragment"])


def end_of(slide):
    """Find where a slide goes on: below a question, in the answer, which appears at the next key."""
    if asks(slide[-1]):
        slide.append(nodes.container(classes=["fragment"]))
    return slide[-1] if "fragment" in slide[-1].get("classes", ()) else slide


def filled(slide):
    """Let words be large if there is room."""
    parts = [node for part in slide for node in part.findall(nodes.Element)]
    words = [node for node in parts if isinstance(node, (nodes.paragraph, nodes.bullet_list))]
    others = [node for node in parts if is_output(node) or isinstance(node, nodes.math_block)]
    n_lines = lines_on(words) + sum(node.astext().count("\n") + 1 for node in others)
    has_picture = any(is_picture(node) or isinstance(node, nodes.table) for node in parts)
    for node in [] if has_picture or n_lines > 8 else [*words, *others]:
        node["classes"].append("large")
    return slide


def shown_of(content):
    """List what there is to look at: a short output only if it answers a question, or stands for all."""
    looked_at, asked = [], False
    for node in content:
        if is_shown(node) or (asked and is_output(node)):
            looked_at.append(node)
            asked = False
        asked = asked or asks(node)
    return looked_at or list(filter(is_output, content))


def leads(sentence):
    return sentence.astext().endswith(COLONS)


def leading(sentences, room):
    """Keep the last sentence, and those before it that have room, in lines."""
    kept = []
    for one in reversed(sentences):
        room -= lines_of(one)
        if kept and room < 0:
            break
        kept.insert(0, one)
    return kept


def room_above(node):
    """Count the lines that have room above what is looked at."""
    return 3 if isinstance(node, nodes.table) or is_picture(node) else 6


def lines_on(slide):
    return sum(lines_of(node) for node in slide if isinstance(node, nodes.paragraph))


def lines_of(sentence):
    """Count the lines of a sentence; Chinese characters are twice as wide."""
    width = sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in sentence.astext())
    return -(-width // LINE)


def told(node):
    """List what a slide without anything to look at has of a node: no sentence that leads to code."""
    if isinstance(node, nodes.bullet_list) or is_bold(node):
        return [node]
    if not isinstance(node, nodes.paragraph):
        return []
    return [one for one in sentences_of(node) if not leads(one)]


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
    if is_output(node):
        return "\n" in node.astext()
    return isinstance(node, (nodes.math_block, nodes.table)) or is_picture(node)


def is_picture(node):
    """Whether a block drew this, or notebooks show it of an estimator."""
    is_raw = isinstance(node, nodes.raw) and node.astext().startswith('<div class="run-')
    return is_raw or "run-figure" in node.get("classes", ())


def sentences_of(paragraph):
    """List the sentences of a paragraph that are not in brackets, each as a paragraph."""
    found = [nodes.paragraph()]
    children = []
    for is_text, run in groupby(paragraph, lambda child: isinstance(child, nodes.Text)):
        together = list(run)
        children += [nodes.Text("".join(together))] if is_text else together  # a role may have cut a text
    for child in children:
        first, *others = END.split(child) if isinstance(child, nodes.Text) else [child]
        found[-1] += nodes.Text(first) if isinstance(first, str) else first.deepcopy()
        found += [nodes.paragraph("", text) for text in others]
    kept, depth = [], 0
    for one in found:
        text, is_outside = one.astext().strip(), depth == 0
        depth += sum((letter in OPENING) - (letter in CLOSING) for letter in text)
        if text and is_outside and depth == 0 and not text.startswith(OPENING):
            kept.append(one)
    return kept


def trim_page(app, page, template, context, doctree):
    """Leave out what slides have not: pages before and after, scripts of pages, and styles of the gallery."""
    if isinstance(app.builder, RevealjsHTMLBuilder):
        context |= {"parents": [], "prev": None, "next": None}
        context["script_files"] = [one for one in context["script_files"] if "mathjax" in name_of(one)]
        context["css_files"] = [one for one in context["css_files"] if "sg_gallery" not in name_of(one)]


def name_of(file):
    return str(getattr(file, "filename", file))


def setup(app):
    app.connect("doctree-resolved", make_slides)
    app.connect("html-page-context", trim_page)
