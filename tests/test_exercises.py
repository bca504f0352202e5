"""The steps and exercises of the course: answers pass their checks, which catch what students do wrong."""

import re
import warnings
from pathlib import Path

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


def mistakes():
    """List what students write: the step, the name of the mistake, words of the message, and the code."""
    listed = [[step, "nothing", "", code] for step, code in enumerate(UNTOUCHED)]
    assert len(TABLES) == len(STEPS)
    for step, table in enumerate(TABLES):
        for name, said, *change in ROW.findall(table):
            right, wrong = (code.replace(r"\n", "\n") for code in change)
            if name:
                listed.append([step, name, said, ANSWERS[STEPS[step]]])
            assert right in listed[-1][-1]
            listed[-1][-1] = listed[-1][-1].replace(right, wrong, 1)
    return listed


@pytest.fixture(scope="module")
def names_before():
    """The names that are defined before each step, if all earlier answers are right."""
    namespace, before = {}, []
    for i, code in enumerate(ANSWERS):
        if i in STEPS:
            before.append(dict(namespace))
        exec(code, namespace)
    return before


def run_with_check(step, code, names_before):
    """Run an answer to a step, and the check of the step."""
    exec(f"{code}\n{ANSWERS[STEPS[step] + 1]}", dict(names_before[step]))


@pytest.mark.parametrize("language", PAGES)
def test_the_notebook_of_the_answers_runs(language, capsys):
    namespace, answered = {}, {}
    for code in code_of(PAGES[language], solved=True):
        exec(code, namespace)
        if "### BEGIN SOLUTION" in code:
            answered |= {name: namespace[name] for name in re.findall(r"^(?:def|class) (\w+)", code, re.M)}
    assert all(namespace[name] is answer for name, answer in answered.items())  # no check takes a name
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 1 + len(STEPS) + 6  # a line of each check, and two tables of three networks
    losses = [float(re.search(r"loss ([\d.]+)", line)[1]) for line in shown if " farthest " in line]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-12)
    assert namespace["accuracy"] > 0.95


@pytest.mark.parametrize(
    ("step", "said", "code"),
    [pytest.param(step, *rest, id=f"{TITLES[step]}, {name}") for step, name, *rest in mistakes()],
)
def test_a_mistake_is_caught_with_a_message_that_says_where_to_look(step, said, code, names_before):
    with (
        warnings.catch_warnings(action="ignore", category=RuntimeWarning),  # it may overflow
        pytest.raises((AssertionError, ValueError)) as raised,  # the latter if shapes do not fit
    ):
        run_with_check(step, code, names_before)
    assert said in str(raised.value)
    assert len(str(raised.value)) > 20


@pytest.mark.parametrize(
    ("title", "changes"),
    [
        pytest.param(
            "Step 4",
            {
                "[array.copy() for array in parameters]": "parameters",
                "(h, -h)": "(h, -2 * h)",
                "    return": "    p, at = parameters[which], place\n    p[at] = np.nextafter(p[at] + h, 1)\n"
                "    return",
            },
            id="parameters changed in place and back, up to rounding",
        ),
        pytest.param(
            "Step 5",
            {
                "        for first": "        X_now, Y_now = X[order], Y[order]\n        for first",
                "order[first": "slice(first",
                " : first": ", first",
                "batch_size]": "batch_size)",
                "X[batch], Y[batch]": "X_now[batch], Y_now[batch]",
            },
            id="shuffled copies",
        ),
        pytest.param(
            "Step 11",
            {"        loss =": "        cross_entropy(softmax(forward(best, X)[1]), Y)\n        loss ="},
            id="the training loss too",
        ),
        pytest.param(
            "Step 9",
            {
                "m_hats = [m / (1 - self.beta_1**self.t)": "m_hats = [m / (1 - self.beta_1**self.t)"
                " * np.sqrt(1 - self.beta_2**self.t)",
                "v_hats = [v / (1 - self.beta_2**self.t)": "v_hats = [v",
            },
            id="the faster form of the paper",
        ),
        pytest.param(
            "Exercise of chapter 10",
            {"return np.split": "return [*map(np.sort, np.split", "10])": "10]))]"},
            id="each part sorted",
        ),
        pytest.param(
            "Step 13",
            {"forward(self.parameters_, X)[1].argmax(axis=1)": "predicted(self.parameters_, X)"},
            id="the function of chapter 2",
        ),
    ],
)
def test_another_right_answer_passes(title, changes, names_before):
    step = TITLES.index(title)
    code = ANSWERS[STEPS[step]]
    for usual, other in changes.items():
        assert usual in code
        code = code.replace(usual, other)
    run_with_check(step, code, names_before)


@pytest.mark.parametrize("title", ["Step 5", "Step 11"])
def test_a_check_runs_again_after_an_answer_that_failed(title, names_before):
    step = TITLES.index(title)
    answer, check = ANSWERS[STEPS[step] : STEPS[step] + 2]
    namespace = dict(names_before[step])
    exec(
        answer.replace(
            "gradients(parameters, X[batch]", "1 / (len(X) == len(batch)) and gradients(parameters, X[batch]"
        ),
        namespace,
    )
    with pytest.raises(ZeroDivisionError):
        exec(check, namespace)
    exec(f"{answer}\n{check}", namespace)


def test_fewer_than_forty_lines_of_the_reader_are_a_classifier():
    needed = re.compile("def (forward|softmax|gradients|first_parameters|with_penalty|train)|class (Adam|My)")
    answers = re.findall(
        r"### BEGIN SOLUTION\n(.*?)### END SOLUTION",
        "".join(ANSWERS[i] for i in STEPS if needed.search(ANSWERS[i])),
        re.DOTALL,
    )
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
    assert len(given) == 4
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
