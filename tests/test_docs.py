"""The documentation: its code runs, it is complete, and both languages agree.

The site is not built here. ``nox -s docs`` builds it; then a broken link, code that does not run, and a
page without a place in the contents are errors.
"""

import ast
import inspect
import itertools
import re
import runpy
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import notebook
import pytest
import session

import sknn_scratch
from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._displays import plotting
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests.versions import needs_callbacks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if not {"_build", "auto_examples"} & set(path.relative_to(DOCS).parts)
}
CHINESE = [name for name in PAGES if name.startswith("docs/zh/")]
ENGLISH = [name for name in PAGES if name not in CHINESE]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def blocks_of(markdown):
    """List the code and the options of the blocks that a reader would run."""
    return notebook.blocks_of(markdown, "{run}", "python")


# Plain blocks of Python, which the site does not run, and what is before them; it runs all other code.
UP_TO_THE_LAST_PLAIN_BLOCK = re.compile(r".*^```python\n.*?^```$", re.DOTALL | re.MULTILINE)
WITH_PLAIN_CODE = {
    name: blocks_of(match[0]) for name in ENGLISH if (match := UP_TO_THE_LAST_PLAIN_BLOCK.match(PAGES[name]))
}


@pytest.fixture
def running(tmp_path):
    plt.close("all")  # those of other tests
    return session.Session(tmp_path)


def with_its_needs(name):
    return pytest.param(name, marks=needs_callbacks if "set_callbacks(" in PAGES[name] else ())


@pytest.mark.parametrize("name", [*map(with_its_needs, WITH_PLAIN_CODE)])
def test_code_runs(name, running):
    for code, options in WITH_PLAIN_CODE[name]:
        running.run(code, warns=options.get("warns", ""), raises=options.get("raises", ""))
        plt.close("all")


def test_the_code_of_the_readme_runs_and_prints_what_is_shown(running):
    blocks = re.findall(r"^```python\n([^`]*)```\n\n```text\n([^`]*?)(?:\.\.\.\n)?```", README, re.MULTILINE)
    assert len(blocks) == len(blocks_of(README)) == 2
    # A processor may round an error by a few grams, and two of 450 digits over the edge.
    for (code, shown), tolerance in zip(blocks, (3, 0.005), strict=True):
        printed = running.run(code).text[: len(shown)]
        assert NUMBER.split(printed) == NUMBER.split(shown)
        numbers, expected = ([float(number) for number in NUMBER.findall(text)] for text in (printed, shown))
        assert numbers == pytest.approx(expected, abs=tolerance)


WARNING = "import warnings; warnings.warn('no')"


def test_a_block_shows_just_the_trouble_that_it_is_there_to_show(running):
    for code, expected in ((WARNING, {}), ("1", {"warns": "UserWarning"}), ("1", {"raises": "ValueError"})):
        with pytest.raises(AssertionError, match="should"):
            running.run(code, **expected)
    assert running.run(WARNING, warns="UserWarning").trouble == "UserWarning: no"
    assert running.run("int('x')", raises="ValueError").trouble.startswith("ValueError: invalid")
    with pytest.raises(TypeError):
        running.run("int([])", raises="ValueError")


CHAPTERS = [name for name in PAGES if re.search(r"tutorial/\d+-", name)]


def notebook_of(page, chinese):
    return notebook.notebook_of(page, itertools.repeat("1"), itertools.repeat("<svg/>"), chinese=chinese)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_has_the_answers_last_and_its_code_compiles(name):
    page, chinese = notebook.source_of(ROOT / name), name in CHINESE
    made = notebook_of(page, chinese)
    texts = [cell["source"] for cell in made["cells"] if cell["cell_type"] == "markdown"]
    titles = re.findall(r"\{dropdown\} (.*)", page)
    headings = [line for text in texts for line in text.splitlines() if line.startswith("## ")]
    assert [heading.rpartition(": ")[2] for heading in headings[-len(titles) :]] == titles
    assert len(set(headings)) == len(headings)
    code = [cell["source"] for cell in made["cells"] if cell["cell_type"] == "code"]
    assert [block.strip() for block, _ in blocks_of(page) if block.strip() not in code] == []
    assert ("font.sans-serif" in code[0]) == chinese
    scenes = re.findall(r'data-state="(.*?)"', re.sub(r"<button.*?</button>", "", page, flags=re.DOTALL))
    linked = re.findall(r"\(https://\S+/playground\.html#(\S+)\)", "\n".join(texts))
    assert linked == [scene.replace("&amp;", "&") for scene in scenes]
    ast.parse(notebook.script_of(made))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_folds_the_text_below_the_code_that_answers_a_question(name):
    asked = False
    for cell in notebook_of(notebook.source_of(ROOT / name), name in CHINESE)["cells"]:
        if cell["cell_type"] == "markdown":
            assert not asked or cell["source"].startswith(("<details>", "## "))
            last = f"\n{cell['source']}".rpartition("\n## ")
            asked = bool(notebook.QUESTION.search(last[2])) or (asked and not last[1])


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_code_that_is_seen_imports_what_it_uses(name):
    folded, seen = set(), set()
    for code, options in blocks_of(PAGES[name]):
        tree = ast.parse(code)
        imported = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        if "folded" in options:
            folded |= imported
        else:
            seen |= imported
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert used & folded <= seen


def test_every_public_name_is_documented_once():
    blocks = PAGES["docs/api/index.md"].split(":toctree: .")[1:]
    documented = [name for block in blocks for name in re.findall(r"^   (\w+)$", block, re.MULTILINE)]
    assert sorted(documented) == sorted(sknn_scratch.__all__)


CONSTANTS = re.compile(r"^([A-Z][A-Z\d_]+(?:, [A-Z\d_]+)*) = ", re.MULTILINE)


def tuned_numbers(folder):
    """List the constants of the modules of a folder that are numbers, or tuples and dicts with some."""
    for path in (ROOT / "sknn_scratch" / folder).glob("[!_]*.py"):
        values = vars(import_module(f"sknn_scratch.{folder}.{path.stem}"))
        for name in ", ".join(CONSTANTS.findall(path.read_text(encoding="utf-8"))).split(", "):
            value = values.get(name)
            parts = [*value, *value.values()] if type(value) is dict else [value]
            if {int, float} & {*map(type, value if type(value) is tuple else parts)}:
                yield f"{path.stem}.{name}"


def test_the_register_has_each_tuned_number_of_fits_and_tables_and_no_other():
    tables = re.split(r"^### `(\w+)`$", PAGES["docs/defaults.md"], flags=re.MULTILINE)
    for folder, table in zip(tables[1::2], tables[2::2], strict=True):
        listed, there = re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE), {*tuned_numbers(folder)}
        is_whole = folder in ("_fitting", "_tables")
        assert sorted(listed) == sorted(there if is_whole else there & {*listed})


# The registry of the values, and the pages that say what each is for.
DESCRIBED = {
    "activation": ({activate.__name__ for activate in ACTIVATIONS.values()}, ["which"]),
    "solver": (SOLVERS, ["which", "guide/training"]),
    "learning_rate_schedule": (SCHEDULES, ["guide/training"]),
    "loss": (NUMBER_LOSSES, ["guide/regression"]),
}


@pytest.mark.parametrize("parameter", DESCRIBED)
def test_each_value_has_its_place_in_the_docstring_and_on_the_pages(parameter):
    values, pages = DESCRIBED[parameter]
    names = ["docs/from_mlp.md", *(f"docs/{folder}{page}.md" for page in pages for folder in ("", "zh/"))]
    texts = {name: PAGES[name] for name in names}
    for network in ["ShallowNNRegressor", "ShallowNNClassifier"][: 1 if parameter == "loss" else 2]:
        texts[f"the docstring of {network}"] = inspect.getdoc(getattr(sknn_scratch, network))
    for where, text in texts.items():
        missing = [one for one in values if not re.search(rf"\b{one}\b", text, re.A)]
        assert not missing, f"name each in {where}: {missing}"


def test_figures_and_pages_have_the_same_colours():
    css = (DOCS / "_static" / "palette.css").read_text(encoding="utf-8").partition("dark")[0]
    on_light_pages = dict(re.findall(r"--([\w-]+): (#\w{6});", css))
    names = ("negative", "positive", "training", "validation", "hidden-layer", "output-layer")
    colors = {name: getattr(plotting, name.upper().replace("-", "_")) for name in names}
    colors |= {"class-0": plotting.CLASS_COLORS[0], "class-1": plotting.CLASS_COLORS[1], "ground": "#ffffff"}
    assert on_light_pages == {name: color.lower() for name, color in colors.items()}
    ends = [mpl.colors.to_hex(mpl.colormaps[plotting.SIGNS](share)) for share in (0.1, 0.9)]
    assert ends == [on_light_pages["negative"], on_light_pages["positive"]]


def prose_of(markdown):
    return re.sub(r"^(`{3,})(?!\{toctree\}).*?^\1$", "", markdown, flags=re.MULTILINE | re.DOTALL)


def links_of(name):
    """List the files of this repository that a page links to, each as a path from the folder docs."""
    prose = prose_of(PAGES[name])
    inline = re.findall(r"\]\((?!https?:)([^)\s#]*)", prose)
    cards = [f"{page}.md" for page in re.findall(r"^:link: (?!https?:)([^\s#]+)", prose, re.MULTILINE)]
    folder = (ROOT / name).parent
    return {(folder / link).resolve().relative_to(DOCS).as_posix() for link in [*inline, *cards] if link}


def structure_of(markdown):
    """List what must be the same in both languages: headings by level, code, directives, tables."""
    structure = []
    for match in re.finditer(
        r"^(?P<fence>[`:]{3,})(?P<kind>\S+)(?P<argument>.*)\n(?P<body>(?:.|\n)*?)^(?P=fence)$"
        r"|^(?P<heading>#+) |^(?P<row>\|)",
        markdown,
        re.MULTILINE,
    ):
        if match["kind"] in ("{run}", "{draw}"):
            body = re.sub(r"^:(alt|folded): .*$", r":\1:", match["body"], flags=re.MULTILINE)
            options = "".join(re.findall(r"^:\w+:.*\n", body, re.MULTILINE))
            structure.append((options, without_words(body.removeprefix(options))))
        else:
            structure.append(match["kind"] or match["heading"] or match["row"])
        if match["kind"] and match["fence"].startswith(":"):
            structure += structure_of(match["body"])
    return structure


def without_words(code):
    """Dump code without its strings, which are in the language of the page."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        if isinstance(node, ast.JoinedStr):
            expressions = [one for one in node.values if not isinstance(one, ast.Constant)]
            node.values = sorted(expressions, key=ast.dump)
    return ast.dump(tree)


@pytest.mark.parametrize("name", CHINESE)
def test_chinese_page_has_the_structure_of_the_english_one(name):
    english = PAGES[name.replace("docs/zh/", "docs/")]
    assert structure_of(PAGES[name]) == structure_of(english)
    values = [sorted(re.findall(r"\{(?:value|holds)\}`[^`]+`", page)) for page in (PAGES[name], english)]
    assert values[0] == values[1]


@pytest.mark.parametrize("name", CHINESE)
def test_chinese_page_links_to_the_same_pages_in_chinese_if_they_are_there(name):
    english = links_of(name.replace("docs/zh/", "docs/"))
    assert links_of(name) == {f"zh/{link}" if f"docs/zh/{link}" in CHINESE else link for link in english}


@pytest.mark.parametrize("name", CHINESE)
def test_chinese_page_is_chinese(name):
    prose = re.sub(
        r"\$\$.*?\$\$|\{(?:value|holds)\}`.*?`|<[^>]+>", "", prose_of(PAGES[name]), flags=re.DOTALL
    )
    headings = re.findall(r"^#+ .*$", prose, re.MULTILINE)
    paragraphs = [line for line in prose.splitlines() if len(line) > 60 and line[0] != "|"]
    assert headings
    assert all(re.search(r"[一-鿿]{2}", line) for line in headings + paragraphs)


def test_every_page_of_the_course_is_there_in_both_languages():
    course = {name.replace("docs/", "docs/zh/") for name in ENGLISH if name.startswith("docs/tutorial/")}
    assert course <= set(CHINESE)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="b.html#there">', None),
        ('<a href="https://example.org">', None),
        ('<a href="#here" id="here">', None),
        ('<a href="c.html">', "does not exist"),
        ('<a href="b.html#nowhere">', "without that place"),
        ('<img src="a.png" alt="">', "does not exist"),
        ('<img src="b.html">', "no alternative text"),
        ('<script src="https://example.org/a.js">', "from elsewhere"),
        ('<link href="//example.org/a.css">', "from elsewhere"),
    ],
)
def test_faults_of_a_site_are_found(tmp_path, html, fault):
    (tmp_path / "a.html").write_text(html)
    (tmp_path / "b.html").write_text('<p id="there">')
    faults_of = runpy.run_path(str(DOCS / "check_site.py"))["faults_of"]
    faults = list(faults_of(tmp_path.resolve()))
    assert len(faults) == (fault is not None)
    assert not fault or fault in faults[0]
