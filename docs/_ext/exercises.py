"""Exercises that are checked: a page from which two notebooks are made. Nothing here needs Sphinx.

The page has four kinds of blocks beside the usual ones:

    task       what a student gets: a function without its body
    solution   the same with its body
    check      assertions about it, with messages that help
    mistake    a wrong solution, named after the fence, which the check must catch

The notebook of the exercises has the tasks and the checks, and the notebook of the answers the solutions and
the checks.
"""

import re
from typing import NamedTuple

BLOCK = re.compile(
    r"^```\{(?P<kind>run|task|solution|check|mistake)\}(?P<name>[^\n]*)\n(?P<code>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A block of code of the page."""

    kind: str
    name: str
    code: str


def blocks_of(markdown):
    """List the blocks of code of a page."""
    return [Block(match["kind"], match["name"].strip(), match["code"]) for match in BLOCK.finditer(markdown)]


def exercises_of(markdown):
    """Leave the page with tasks and checks, as blocks that a notebook runs."""
    return with_blocks(markdown, {"task", "check"})


def answers_of(markdown):
    """Leave the page with solutions and checks, as blocks that a notebook runs."""
    return with_blocks(markdown, {"solution", "check"})


def with_blocks(markdown, kinds):
    """Turn the blocks of some kinds into usual ones, and leave out the others."""

    def replaced(match):
        if match["kind"] == "run":
            return match[0]
        return f"```{{run}}\n{match['code']}```\n" if match["kind"] in kinds else ""

    return BLOCK.sub(replaced, markdown)
