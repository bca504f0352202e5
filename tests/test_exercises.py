"""The exercises of the course: the answers pass their checks, and the checks catch what students do wrong."""

import copy
import warnings
from itertools import pairwise
from pathlib import Path

import exercises
import notebook
import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    language: (DOCS / folder / "tutorial" / "your-own-network.md").read_text(encoding="utf-8")
    for language, folder in (("English", ""), ("Chinese", "zh"))
}
# tests/test_docs.py holds that the code of both languages is the same, but for its words.
BLOCKS = exercises.blocks_of(PAGES["English"])
STARTS = [i for i, block in enumerate(BLOCKS) if block.kind == "task"]
STEPS = [BLOCKS[start:end] for start, end in pairwise([*STARTS, len(BLOCKS)])]
# The untouched task of each step, and what students get wrong.
WRONG = [
    pytest.param(number, block.code, id=f"{number + 1}, {block.name or 'nothing written'}")
    for number, step in enumerate(STEPS)
    for block in step
    if block.kind in ("task", "mistake")
]


@pytest.fixture(scope="module")
def names_before():
    """The names that are defined before each step, if all earlier answers are right."""
    namespace, before = {}, []
    for block in BLOCKS:
        if block.kind == "task":
            before.append(dict(namespace))
        if block.kind in ("run", "solution"):
            exec(block.code, namespace)
    return before


@pytest.mark.parametrize("language", PAGES)
def test_the_notebook_of_the_answers_runs(language, capsys):
    made = notebook.notebook_of(exercises.answers_of(PAGES[language]))
    namespace = {}
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            exec(cell["source"], namespace)
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(STEPS)  # each check says that all is right
    assert namespace["accuracy"] > 0.95


@pytest.mark.parametrize(("number", "wrong"), WRONG)
def test_a_wrong_answer_is_caught_with_a_message(number, wrong, names_before):
    _, solution, check = (block.code for block in STEPS[number][:3])
    namespace = {
        name: copy.deepcopy(value) if isinstance(value, list) else value  # which a mistake may change
        for name, value in names_before[number].items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an overflow may be part of the mistake
        exec(solution, namespace)
        exec(wrong, namespace)
        with pytest.raises(AssertionError, match=r"(?s).{20}"):
            exec(check, namespace)


@pytest.mark.parametrize("language", PAGES)
def test_the_notebook_of_the_exercises_tells_no_answer(language):
    made = notebook.notebook_of(exercises.exercises_of(PAGES[language]))
    text = "\n".join(cell["source"] for cell in made["cells"])
    for block in exercises.blocks_of(PAGES[language]):
        assert (block.code.strip() in text) == (block.kind in ("run", "task", "check"))
