"""The steps and exercises of the course: answers pass their checks, which catch what students do wrong."""

import re
import warnings
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import notebook
import pytest

ROOT = Path(__file__).parents[1]
PAGES = {
    language: notebook.source_of(ROOT / "docs" / folder / "tutorial" / notebook.EXERCISES)
    for language, folder in (("English", ""), ("Chinese", "zh"))
}


def code_of(page, *, solved):
    """List the cells of code of the notebook of a page."""
    cells = notebook.notebook_of(page, solved=solved)["cells"]
    return [cell["source"] for cell in cells if cell["cell_type"] == "code"]


# tests/test_docs.py holds that the code of both languages is the same, but for its words.
ANSWERS = code_of(PAGES["English"], solved=True)
STEPS = [i for i, code in enumerate(ANSWERS) if "### BEGIN SOLUTION" in code]  # the next cell is the check
UNTOUCHED = [code_of(PAGES["English"], solved=False)[i] for i in STEPS]
ROW = re.compile(r"^\| (.*) \| (.*) \| `(.+)` \| `?(.*?)`? \|$", re.MULTILINE)
TABLES = (ROOT / "tests" / "mistakes.md").read_text(encoding="utf-8").split("\n## ")[1:]
TITLES = [table.partition("\n")[0] for table in TABLES]


def answers():
    """List what students write: the step, a name, words of the message or "passes", and the code."""
    listed = [[step, "nothing", "", code] for step, code in enumerate(UNTOUCHED)]
    assert len(TABLES) == len(STEPS)
    for step, table in enumerate(TABLES):
        for name, said, *change in ROW.findall(table):
            usual, other = (code.replace(r"\n", "\n") for code in change)
            if name:
                listed.append([step, name, said, ANSWERS[STEPS[step]]])
            assert usual in listed[-1][-1]
            listed[-1][-1] = listed[-1][-1].replace(usual, other, 1)
    return listed


def test_many_mistakes_and_many_right_answers_are_tried():
    n_right = sum(said == "passes" for _, _, said, _ in answers())
    assert n_right >= 20
    assert len(answers()) - n_right >= 200


@pytest.fixture(scope="module")
def course():
    """What the notebook of the answers defines before each step and in answers; what it prints.

    The networks are compared between the last two steps. That takes long, and only one test needs it.
    """
    namespace, before, answered = {}, [], {}
    with redirect_stdout(StringIO()) as printed:
        for i, code in enumerate(ANSWERS[: STEPS[-2] + 2]):
            if i in STEPS:
                before.append(dict(namespace))
            exec(code, namespace)
            if i in STEPS:
                names = re.findall(r"^(?:def|class) (\w+)", code, re.MULTILINE)
                answered |= {name: namespace[name] for name in names}
    return SimpleNamespace(before=[*before, namespace], answered=answered, printed=printed)


def run_with_check(step, code, course):
    """Run an answer to a step, and the check of the step."""
    exec(f"{code}\n{ANSWERS[STEPS[step] + 1]}", dict(course.before[step]))


def test_the_notebook_of_the_answers_runs(course):
    end = dict(course.before[-1])
    with redirect_stdout(course.printed):
        for code in ANSWERS[STEPS[-2] + 2 :]:
            exec(code.replace("for seed in range(5)", "for seed in (0,)"), end)  # quickly
    assert all(end[name] is answer for name, answer in course.answered.items())  # no check takes a name
    shown = course.printed.getvalue().splitlines()
    assert len(shown) == 1 + len(STEPS) + 6 + 1 + 3  # of each check, of networks, the interval, and pairs
    losses = [float(re.search(r"loss ([\d.]+)", line)[1]) for line in shown if " farthest " in line]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-12)
    assert end["accuracy"] > 0.95


@pytest.mark.parametrize(
    ("step", "said", "code"),
    [pytest.param(step, *rest, id=f"{TITLES[step]}, {name}") for step, name, *rest in answers()],
)
def test_right_answers_pass_and_a_mistake_has_a_message_that_says_where_to_look(step, said, code, course):
    if said == "passes":
        run_with_check(step, code, course)
        return
    with (
        warnings.catch_warnings(action="ignore", category=RuntimeWarning),  # it may overflow
        pytest.raises((AssertionError, ValueError)) as raised,  # the latter if shapes do not fit
    ):
        run_with_check(step, code, course)
    assert said in str(raised.value)
    assert len(str(raised.value)) > 20


@pytest.mark.parametrize("title", ["Step 6", "Step 12"])
def test_a_check_runs_again_after_an_answer_that_failed(title, course):
    step = TITLES.index(title)
    answer, check = ANSWERS[STEPS[step] : STEPS[step] + 2]
    namespace, call = dict(course.before[step]), "gradients(parameters, X[batch]"
    exec(answer.replace(call, f"1 / (len(X) == len(batch)) and {call}"), namespace)
    with pytest.raises(ZeroDivisionError):
        exec(check, namespace)
    exec(f"{answer}\n{check}", namespace)


def test_fewer_than_forty_lines_of_the_reader_are_a_classifier():
    needed = re.compile("def (forward|softmax|gradients|first_parameters|with_penalty|train)|class (Adam|My)")
    code = "".join(ANSWERS[i] for i in STEPS if needed.search(ANSWERS[i]))
    answers = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", code, re.DOTALL)
    assert 30 < sum(bool(line.strip()) for answer in answers for line in answer.splitlines()) < 40


def test_nbgrader_learns_which_cells_have_solutions_and_restores_all_others():
    cells = notebook.notebook_of(PAGES["English"], solved=True)["cells"]
    marked = {one["metadata"]["nbgrader"]["grade_id"]: one for one in cells if one["metadata"]}
    solutions = {name: one for name, one in marked.items() if one["metadata"]["nbgrader"]["solution"]}
    assert len(solutions) == len(STEPS)
    assert {"n_numbers", "forward", "softmax", "gradients", "MyClassifier"} < set(solutions)
    for name, one in marked.items():
        assert one["metadata"]["nbgrader"]["locked"] == ("### BEGIN SOLUTION" not in one["source"])
        assert one["metadata"]["nbgrader"]["grade"] == name.startswith("check-")
    given = [name for name in marked if name not in solutions and not name.startswith("check-")]
    assert len(given) == 6
    assert all(name.startswith("given-") for name in given)
    for name in solutions:
        assert marked[f"check-{name}"]["metadata"]["nbgrader"]["points"] == 1
        assert "assert " in marked[f"check-{name}"]["source"]


@pytest.mark.parametrize("language", PAGES)
def test_the_notebook_of_the_exercises_tells_no_answer(language):
    solved, unsolved = (code_of(PAGES[language], solved=solved) for solved in (True, False))
    assert "HIDDEN" not in "".join(unsolved)
    for with_answer, without in zip(solved, unsolved, strict=True):
        answers = re.findall(r"### BEGIN SOLUTION\n(.*?)\s*### END SOLUTION", with_answer, re.DOTALL)
        assert not any(answer.strip() in without for answer in answers)
        assert without.count("...") >= len(answers)
    cells = notebook.notebook_of(PAGES[language])["cells"]
    assert not re.search("^#+ .*(Answer|答案)", "\n".join(cell["source"] for cell in cells), re.MULTILINE)
