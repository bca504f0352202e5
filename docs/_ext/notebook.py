"""A page as a Jupyter notebook, or as a script. Nothing here needs Sphinx."""

import re
import tomllib
from html import unescape
from pathlib import Path
from urllib.parse import quote, urljoin

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
SITE = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["urls"]["Documentation"]
OPTION = re.compile(r"^:(\w+): *(.*)$", re.MULTILINE)
SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
DEFINED = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n", re.DOTALL)
FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<kind>\S+)[^\n]*\n(?P<options>(?::\w+:[^\n]*\n)*)(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
DROPDOWN = re.compile(r"^(:{3,})\{dropdown\} (?P<title>[^\n]*)\n(?P<body>.*?)^\1\n", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ ", re.MULTILINE)
QUESTION = re.compile(r"^\*\*(?:Predict first|先猜一猜)", re.MULTILINE)
NUMBER = re.compile(r"^\*\*(\d+)\.\*\*", re.MULTILINE)
SCENE = re.compile(
    r"<link [^\n]*_static.*?data-state=\"([^\"]*)\".*?data-name=\"open\"[^>]*>([^<]*)</a>.*?</script>",
    re.DOTALL,
)
SECTION = re.compile(r"^(?=## )", re.MULTILINE)
EXERCISES = "your-own-network.md"
STEPS = "% the steps of the chapters\n"  # the place for them in the page of the exercises
VALUE = re.compile(r"\{value\}`[^`]+`")
HOLDS = re.compile(r"\{holds\}`[^`]+`")
DRAWING = re.compile(r"^```\{draw\}\n.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!http)([^)\s]+)\.md")
# A hidden test in every marked check.
HELPERS = """
### BEGIN HIDDEN TESTS
assert not (agree(0, 1) or np.allclose(0, 1) or np.isclose(0, 1)), "The helpers have been changed."
### END HIDDEN TESTS
"""
# The first code of every notebook.
INSTALL = """\
# Without the #, this line installs what the notebook needs:
# %pip install -q "sknn_scratch[plot] @ git+https://github.com/sknn-scratch/sknn_scratch"
"""
# What follows it in Chinese. Windows, macOS and Linux have one of these fonts.
FONTS = """
# 图里有中文，用这台电脑上的中文字体：
import matplotlib as mpl

fonts = ["Microsoft YaHei", "Hiragino Sans GB", "Noto Sans CJK SC", "WenQuanYi Micro Hei"]
mpl.rcParams["font.sans-serif"] = [*fonts, "DejaVu Sans"]
mpl.rcParams["axes.unicode_minus"] = False
"""


def source_of(page):
    """Read what the notebook of a page has: a chapter without its steps, the exercises with all steps.

    A step is a section of a chapter whose code has the option ``mine``.
    """
    if page.name != EXERCISES:
        return "".join(part for part in sections_of(page) if "\n:mine:" not in part)
    chapters = sorted(page.parent.glob("[0-9]*.md"), key=lambda one: int(one.name.partition("-")[0]))
    steps = [part for one in chapters for part in sections_of(one) if "\n:mine:" in part]
    return "".join(sections_of(page)).replace(STEPS, "".join(steps))


def sections_of(page):
    return SECTION.split(page.read_text(encoding="utf-8"))


def blocks_of(markdown, *kinds):
    """List the code and the options of the blocks of some kinds."""
    found = (match for match in FENCE.finditer(markdown) if match["kind"] in kinds)
    return [(match["body"], dict(OPTION.findall(match["options"]))) for match in found]


def without_solutions(code):
    return HIDDEN.sub("", SOLUTION.sub("...", code))


def cell(kind, source, **metadata):
    made = {"cell_type": kind, "metadata": metadata, "source": source.strip("\n")}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def metadata_of(options):
    """Say of a cell what the options of its block say: it may raise, or its code is folded away."""
    metadata = {"tags": ["raises-exception"]} if "raises" in options else {}
    return metadata | ({"jupyter": {"source_hidden": True}} if options.get("folded") == "" else {})


def image(svg):
    data = quote(svg.replace("currentColor", "black"))
    return f'<img src="data:image/svg+xml,{data}" style="background: white">'


def answers_of(markdown):
    """List what is folded away, below headings that name its places."""
    for match in DROPDOWN.finditer(markdown):
        section = HEADING.split(markdown[: match.start()])[-1]
        place = " ".join([section.partition("\n")[0], *NUMBER.findall(section)[-1:]])
        yield f"## {place}: {match['title']}\n\n{match['body']}\n"


def folded_answer(text, before, chinese):
    """Fold away the text below the code that answers a question, up to the next heading."""
    answer, *heading = SECTION.split(text, maxsplit=1)
    if not answer.strip() or not QUESTION.search(SECTION.split(before)[-1]):
        return text
    summary = "猜过之后再看" if chinese else "Open it when you have guessed"
    return "".join([f"<details><summary>{summary}</summary>\n\n{answer.strip()}\n\n</details>\n\n", *heading])


def notebook_of(markdown, values=(), drawings=(), *, solved=False, chinese=False):
    """Make the notebook of a page, in nbformat 4.4, with its answers last. One in Chinese looks for a font.

    If it is ``solved``, exercises have their solutions and checks their hidden tests. From this, nbgrader
    makes what students get, and marks what they hand in.

    The values and the drawings stand for its ``{value}`` roles and ``{draw}`` blocks, in their order.
    """
    values, drawings = iter(values), iter(drawings)
    folder = f"{SITE}{'zh/' * chinese}tutorial/"
    markdown = VALUE.sub(lambda _: next(values), HOLDS.sub("", markdown))
    markdown = DRAWING.sub(lambda _: image(next(drawings)), markdown)
    playground = urljoin(folder, "../playground.html")  # a scene needs the site
    markdown = SCENE.sub(lambda scene: f"[{scene[2]}]({playground}#{unescape(scene[1])})", markdown)
    markdown = LINK.sub(lambda link: f"]({urljoin(folder, link[1])}.html", markdown)
    page, _, last = markdown.rpartition("```{notebook}")
    title, _, page = page.partition("\n")
    about = last.partition("\n")[2].rstrip("`\n")
    cells = [cell("markdown", f"{title}\n\n{about}"), cell("code", INSTALL + FONTS * chinese)]
    markdown, place = DROPDOWN.sub("", page) + "".join(answers_of(page)), 0
    for match in FENCE.finditer(markdown):
        if match["kind"] == "{run}":
            cells.append(
                cell("markdown", folded_answer(markdown[place : match.start()], markdown[:place], chinese))
            )
            code = match["body"] if solved else without_solutions(match["body"])
            cells.append(cell("code", code, **metadata_of(dict(OPTION.findall(match["options"])))))
            place = match.end()
    cells.append(cell("markdown", folded_answer(markdown[place:], markdown[:place], chinese)))
    cells = [one for one in cells if one["source"]]
    if solved:
        mark(cells)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}


def mark(cells):
    """Tell nbgrader what each cell of code is: a solution, its check, which gives a point, or given.

    A solution has the name of what it defines. nbgrader restores the other cells before it runs the checks.
    """
    before = ""  # what the solution before this cell defines
    for place, one in enumerate([one for one in cells if one["cell_type"] == "code"][1:]):
        defined = DEFINED.search(one["source"])[1] if SOLUTION.search(one["source"]) else ""
        one["source"] += HELPERS if before else ""
        one["metadata"]["nbgrader"] = {
            "schema_version": 3,
            "cell_type": "code",
            "task": False,
            "grade_id": defined or (f"check-{before}" if before else f"given-{place}"),
            "solution": bool(defined),
            "locked": not defined,
            "grade": bool(before),
            **({"points": 1} if before else {}),
        }
        before = defined


def script_of(notebook):
    """Write a notebook as a script whose cells an editor can run one by one, without its drawings."""
    parts = []
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            parts.append(f"# %%\n{one['source']}\n")
        else:
            text = re.sub(r"<img [^>]*>|<summary>.*</summary>|</?details>", "", one["source"])
            lines = "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
            parts.append(f"# %% [markdown]\n{lines}")
    return "\n".join(parts)
