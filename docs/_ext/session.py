"""Run the code blocks of a page as a reader would: one after the other, in one namespace.

The site's ``run`` directive shows what a block prints and draws; the tests only ask whether it runs.
"""

import ast
import io
import os
import runpy
import shutil
import sys
import warnings
from contextlib import chdir, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
STYLES = [ROOT / "docs" / "page.mplstyle"]  # of figures; docs/zh/conf.py adds a font
os.environ["MPLBACKEND"] = "agg"  # before anything imports pyplot
import matplotlib.pyplot as plt  # noqa: E402

# Pages quote the results of the benchmarks with this function.
measured = runpy.run_path(str(ROOT / "benchmarks" / "quote.py"))["measured"]


class Outcome(NamedTuple):
    """The output of a block."""

    text: str  # what it printed, and the value of its last line
    html: str  # that value as a notebook would show it
    trouble: str  # warnings and the exception
    figures: list[Any]


class Session:
    """Runs the code of one page; it keeps its values in sentences and its drawings for the notebook."""

    def __init__(self, directory):
        examples = directory / "examples"  # pages run as at the top of the repository
        examples.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "examples" / "make_customers.py", examples)
        self.directory = directory  # for files that the page writes
        self.module = ModuleType("__main__")  # where a pickle finds the classes of the page
        self.namespace = vars(self.module)
        self.namespace["measured"] = measured
        self.values, self.drawn = [], []

    def run(self, code, warns="", raises=""):
        """Run a block, which must show just these warnings and this exception; return the Outcome."""
        printed, value, raised = io.StringIO(), None, []
        with (
            chdir(self.directory),
            redirect_stdout(printed),
            warnings.catch_warnings(record=True) as caught,
            plt.style.context(STYLES),
        ):
            warnings.simplefilter("always")
            try:
                value = self._execute(code)
            except Exception as error:
                raised = [error]
                if type(error).__name__ != raises:
                    raise
        troubles = [warning.message for warning in caught] + raised
        if {type(one).__name__ for one in troubles} != {*warns.split(), *raises.split()}:
            raise AssertionError(f"The block should show [{warns} {raises}], but showed: {troubles}.")
        trouble = dict.fromkeys(f"{type(one).__name__}: {one}" for one in troubles)  # Python shows one once
        figures = [plt.figure(number) for number in plt.get_fignums()]
        text, html = printed.getvalue(), ""
        if value is not None and not figures:
            html = value._repr_html_() if hasattr(value, "_repr_html_") else ""
            text += "" if html else f"{shown(value)}\n"
        return Outcome(text, html, "\n".join(trouble), figures)

    def _execute(self, code):
        *statements, last = ast.parse(code).body
        if not isinstance(last, ast.Expr):
            statements, last = [*statements, last], None
        main, sys.modules["__main__"] = sys.modules["__main__"], self.module
        try:
            exec(compile(ast.Module(statements, []), "<page>", "exec"), self.namespace)
            return last and eval(compile(ast.Expression(last.value), "<page>", "eval"), self.namespace)
        finally:
            sys.modules["__main__"] = main


def shown(value):
    """Show a value as an interactive Python does, but numbers of NumPy as plain numbers."""
    return str(value) if isinstance(value, np.generic) else repr(value)
