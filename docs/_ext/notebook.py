"""A page as a Jupyter notebook, or as a script. Nothing here needs Sphinx."""

import base64
import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
SITE = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["urls"]["Documentation"]
OPTION = re.compile(r"^:(\w+): *(.*)$", re.MULTILINE)
SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<kind>\S+)[^\n]*\n(?P<options>(?::\w+:[^\n]*\n)*)(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
DROPDOWN = re.compile(r"^(:{3,})\{dropdown\} (?P<title>[^\n]*)\n(?P<body>.*?)^\1\n", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^(?:#+ (?P<heading>.*)|\*\*(?P<number>\d+)\.\*\*.*)$", re.MULTILINE)
SCENE = re.compile(
    r"<link [^\n]*href=\"(?P<folder>[./]*)_static.*?data-state=\"(?P<state>[^\"]*)\".*?"
    r"data-name=\"open\"[^>]*>(?P<words>[^<]*)</a>.*?</script>",
    re.DOTALL,
)
VALUE = re.compile(r"\{value\}`[^`]+`")
DRAWING = re.compile(r"^```\{draw\}\n.*?^```$", re.MULTILINE | re.DOTALL)
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


def scene_link(match):
    """Link to the playground with the settings of a scene, which needs the site."""
    language = "zh/" if match["folder"] == "../../" else ""
    return f"[{match['words']}]({SITE}{language}playground.html#{match['state'].replace('&amp;', '&')})"


def answers_last(markdown):
    """Move what is folded away to the end, before the last block; a heading names the place of each."""
    answers = []
    for match in DROPDOWN.finditer(markdown):
        names = list(NAME.finditer(markdown, 0, match.start()))
        place = [one["heading"] for one in names if one["heading"]][-1]
        place += f" {names[-1]['number']}" if names[-1]["number"] else ""
        answers.append(f"## {place}: {match['title']}\n\n{match['body']}\n")
    page, fence, last = DROPDOWN.sub("", markdown).rpartition("```{notebook}")
    return page + "".join(answers) + fence + last


def notebook_of(markdown, values=(), drawings=(), *, solved=False):
    """Make the notebook of a page, in nbformat 4.4; exercises have their solutions only if it is ``solved``.

    The values and the drawings stand for its ``{value}`` roles and ``{draw}`` blocks, in their order.
    """
    values, drawings = iter(values), iter(drawings)
    markdown = VALUE.sub(lambda _: next(values), markdown)
    markdown = DRAWING.sub(lambda _: image(next(drawings)), markdown)
    markdown = answers_last(SCENE.sub(scene_link, markdown))
    cells, place = [], 0
    for match in FENCE.finditer(markdown):
        cells.append(cell("markdown", LINK.sub(linked, markdown[place : match.start()])))
        place = match.end()
        if match["kind"] == "{run}":
            code = match["body"] if solved else without_solutions(match["body"])
            cells.append(cell("code", code, **metadata_of(dict(OPTION.findall(match["options"])))))
        elif match["kind"] == "{notebook}":
            heading, _, rest = cells[0]["source"].partition("\n")
            cells[0]["source"] = f"{heading}\n\n{match['body']}\n{rest}"
            cells.insert(1, cell("code", INSTALL))
        else:
            cells.append(cell("markdown", match[0]))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    cells = [one for one in cells if one["source"]]
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}


def script_of(notebook):
    """Write a notebook as a script whose cells an editor can run one by one, without its drawings."""
    parts = []
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            parts.append(f"# %%\n{one['source']}\n")
        else:
            text = re.sub(r"<img [^>]*>", "", one["source"])
            parts.append(
                "# %% [markdown]\n" + "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
            )
    return "\n".join(parts)
