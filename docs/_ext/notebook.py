"""A page as a Jupyter notebook. Nothing here needs Sphinx."""

import base64
import re

OPTION = re.compile(r"^:(\w+): *(.*)$", re.MULTILINE)
SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<kind>\S+)[^\n]*\n(?P<options>(?::\w+:[^\n]*\n)*)(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
DROPDOWN = re.compile(r"^:{3,}(?:\{dropdown\} (.*))?$", re.MULTILINE)
SCENE = re.compile(r"<link [^\n]*\n<figure class=\"scene\".*?</script>", re.DOTALL)  # it needs the site
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
CHAPTER = re.compile(r"(\d+-[\w-]+)\.md")
# The first code of every notebook.
INSTALL = """\
# Without the #, this line installs what the notebook needs:
# %pip install -q "sknn_scratch[plot] @ git+https://github.com/sknn-scratch/sknn_scratch"
"""


def without_solutions(code):
    """Put ``...`` in the place of each solution."""
    return SOLUTION.sub("...", code)


def cell(kind, source, **metadata):
    """Make a cell."""
    made = {"cell_type": kind, "metadata": metadata, "source": source.strip("\n")}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def metadata_of(options):
    """Say of a cell what the options of its block say: it may raise, or its code is folded away."""
    metadata = {"tags": ["raises-exception"]} if "raises" in options else {}
    return metadata | ({"jupyter": {"source_hidden": True}} if options.get("folded") == "" else {})


def image(svg):
    """Put a drawing into Markdown."""
    data = base64.b64encode(svg.replace("currentColor", "black").encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{data}" style="background: white">'


def linked(match):
    """Keep a link to the web, and one to another chapter; of others keep the words."""
    words, target = match.groups()
    if target.startswith("http"):
        return match[0]
    chapter = CHAPTER.fullmatch(target)
    return f"[{words}]({chapter[1]}.ipynb)" if chapter else words


def prose(text, values):
    """Write the text between two blocks as a notebook would; take the values as they come."""
    text = SCENE.sub("", text)
    text = re.sub(r"\{value\}`[^`]+`", lambda _: next(values), text)
    text = DROPDOWN.sub(lambda match: f"**{match[1]}**" if match[1] else "", text)
    return LINK.sub(linked, text)


def notebook_of(markdown, values=(), drawings=(), *, solved=False):
    """Make the notebook of a page, in nbformat 4.4; exercises have their solutions only if it is ``solved``.

    The values and the drawings stand for its ``{value}`` roles and ``{draw}`` blocks, in their order.
    """
    values, drawings = iter(values), iter(drawings)
    cells, place = [], 0
    for match in FENCE.finditer(markdown):
        cells.append(cell("markdown", prose(markdown[place : match.start()], values)))
        place = match.end()
        if match["kind"] == "{run}":
            code = match["body"] if solved else without_solutions(match["body"])
            cells.append(cell("code", code, **metadata_of(dict(OPTION.findall(match["options"])))))
        elif match["kind"] == "{draw}":
            cells.append(cell("markdown", image(next(drawings))))
        elif match["kind"] == "{notebook}":
            heading, _, rest = cells[0]["source"].partition("\n")
            cells[0]["source"] = f"{heading}\n\n{match['body']}\n{rest}"
            cells.insert(1, cell("code", INSTALL))
        else:
            cells.append(cell("markdown", match[0]))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    cells = [one for one in cells if one["source"]]
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
