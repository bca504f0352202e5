"""Run the code blocks of a page as a reader would: one after the other, in one namespace.

The site's ``run`` directive shows what a block prints and draws; the tests only ask whether it runs.
Nothing here needs Sphinx.
"""

import ast
import io
import os
import re
import runpy
import warnings
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import drawings
import numpy as np

os.environ["MPLBACKEND"] = "agg"  # before anything imports pyplot

# Pages quote the results of the benchmarks with this function.
measured = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "quote.py"))["measured"]

# Figures six inches wide, shown at the width of the text: their letters are as large as the text's.
STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.figsize": (6, 3),
    "font.size": 9,
    "legend.frameon": False,
}
# Plain blocks of Python, which the site does not run, are for the tests.
BLOCK = re.compile(
    r"^(?P<fence>`{3,})(?P<kind>\{run\}|\{draw\}|python)\n(?P<options>(?::\w+:[^\n]*\n)*)(?P<code>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r"^:(\w+): *(.*)$", re.MULTILINE)
VALUE = re.compile(r"\{value\}`([^`]+)`")


class Outcome(NamedTuple):
    """The output of a block."""

    text: str  # what it printed, and the value of its last line
    html: str  # that value as a notebook would show it
    trouble: str  # warnings and the exception
    figures: list[Any]


def shown(value):
    """Show a value as an interactive Python does, but numbers of NumPy as plain numbers."""
    return str(value) if isinstance(value, np.generic) else repr(value)


class Session:
    """Runs the code of one page.

    Parameters
    ----------
    directory : Path
        Directory for files that the page writes. It is created if it does not exist.

    Attributes
    ----------
    namespace : dict
        What the page has defined so far, and ``measured``.
    values, drawn : list of str
        What was put into sentences, and the SVG of the drawings.
    """

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.namespace: dict[str, Any] = {"__name__": "__main__", "measured": measured}
        self.values: list[str] = []
        self.drawn: list[str] = []

    def run(self, code, *, warns="", raises=""):
        """Run a block.

        Parameters
        ----------
        code : str
            Its lines. If the last statement is an expression, its value is shown, unless there is a figure.
        warns, raises : str
            Names of the warning and of the exception that the block is there to show. It must show it, and
            no other.

        Returns
        -------
        Outcome
        """
        import matplotlib.pyplot as plt

        printed = io.StringIO()
        with (
            chdir(self.directory),
            redirect_stdout(printed),
            warnings.catch_warnings(record=True) as caught,
            plt.rc_context(STYLE),
        ):
            warnings.simplefilter("always")
            value, error = self._execute_and_catch(code, raises)
        check_warnings(caught, warns)
        trouble = [f"{warning.category.__name__}: {warning.message}" for warning in caught] + error
        trouble = list(dict.fromkeys(trouble))  # as Python, which shows a warning of a line only once
        text = printed.getvalue()
        figures = [plt.figure(number) for number in plt.get_fignums()]
        html = ""
        if value is not None and not figures:
            html = value._repr_html_() if hasattr(value, "_repr_html_") else ""
            text += "" if html else f"{shown(value)}\n"
        return Outcome(text, html, "\n".join(trouble), figures)

    def evaluate(self, expression):
        """Return the text of an expression in a sentence."""
        self.values.append(str(eval(expression, self.namespace)))
        return self.values[-1]

    def draw(self, expression, title=""):
        """Return the SVG of a call of a function in drawings.py, with the page's values."""
        return eval(expression, {**vars(drawings), **self.namespace}).svg(title)

    def _execute_and_catch(self, code, raises):
        if not raises:
            return self._execute(code), []
        try:
            self._execute(code)
        except Exception as error:
            if type(error).__name__ != raises:
                raise
            return None, [f"{raises}: {error}"]
        raise AssertionError(f"The block should raise {raises}.")

    def _execute(self, code):
        *statements, last = ast.parse(code).body
        if not isinstance(last, ast.Expr):
            statements, last = [*statements, last], None
        exec(compile(ast.Module(statements, []), "<page>", "exec"), self.namespace)
        if last is None:
            return None
        return eval(compile(ast.Expression(last.value), "<page>", "eval"), self.namespace)


def check_warnings(caught, expected):
    """Raise AssertionError unless the warnings are exactly the expected ones."""
    names = {warning.category.__name__ for warning in caught}
    if names != set(expected.split()):
        messages = [str(warning.message) for warning in caught]
        raise AssertionError(f"The block should warn of [{expected}], but warned: {messages}.")


class Step(NamedTuple):
    """A block, or an expression in a sentence."""

    kind: str  # "run", "draw" or "value"
    code: str
    options: dict[str, str]


def steps_of(markdown):
    """List all steps of a page, in order."""
    found = [(match.start(), block_of(match)) for match in BLOCK.finditer(markdown)]
    found += [(match.start(), Step("value", match[1], {})) for match in VALUE.finditer(markdown)]
    return [step for _, step in sorted(found, key=lambda one: one[0])]


def block_of(match):
    """Read a block and its options."""
    kind = "draw" if match["kind"] == "{draw}" else "run"
    return Step(kind, match["code"], dict(OPTION.findall(match["options"])))
