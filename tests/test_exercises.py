"""The exercises of the course: the answers pass their checks, and the checks catch what students do wrong.

Both languages are run as a student runs the notebook: one cell after the other.
"""

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


def steps_of(markdown):
    """List the exercises: each with its task, solution, check and mistakes."""
    blocks = exercises.blocks_of(markdown)
    starts = [i for i, block in enumerate(blocks) if block.kind == "task"] + [len(blocks)]
    return [blocks[start:end] for start, end in pairwise(starts)]


def cases():
    """Yield each wrong answer: the untouched task, and each mistake."""
    for language, markdown in PAGES.items():
        for number, step in enumerate(steps_of(markdown)):
            mistakes = [block for block in step if block.kind == "mistake"]
            assert mistakes
            for block in [step[0], *mistakes]:
                yield pytest.param(
                    language, number, block, id=f"{language}-{number + 1}-{block.name or 'task'}"
                )


@pytest.fixture(scope="module")
def solved():
    """For each language, the code of the cells before each exercise, with all answers."""
    before = {}
    for language, markdown in PAGES.items():
        cells = []
        for block in exercises.blocks_of(markdown):
            if block.kind == "task":
                before[language, len([key for key in before if key[0] == language])] = list(cells)
            if block.kind in ("run", "solution"):
                cells.append(block.code)
    return before


@pytest.mark.parametrize("language", PAGES)
def test_the_notebook_of_the_answers_runs(language, capsys):
    made = notebook.notebook_of(exercises.answers_of(PAGES[language]))
    namespace = {}
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            exec(cell["source"], namespace)
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(steps_of(PAGES[language]))  # all is right
    assert namespace["accuracy"] > 0.95


@pytest.mark.parametrize(("language", "number", "wrong"), list(cases()))
def test_a_wrong_answer_is_caught_with_a_message(language, number, wrong, solved):
    step = steps_of(PAGES[language])[number]
    _, solution, check = (next(b for b in step if b.kind == kind) for kind in ("task", "solution", "check"))
    namespace = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an overflow may be part of the mistake
        for code in [*solved[language, number], solution.code, wrong.code]:
            exec(code, namespace)
        with pytest.raises(AssertionError, match=r".{15}"):
            exec(check.code, namespace)


@pytest.mark.parametrize("language", PAGES)
def test_the_notebook_of_the_exercises_tells_no_answer(language):
    made = notebook.notebook_of(exercises.exercises_of(PAGES[language]))
    text = "\n".join(cell["source"] for cell in made["cells"])
    for block in exercises.blocks_of(PAGES[language]):
        assert (block.code.strip() in text) == (block.kind in ("run", "task", "check"))
