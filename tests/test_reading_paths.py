"""The maps of the modules in the docstrings of the core and of the fits, each with a path to read first."""

import re
from pathlib import Path

import pytest

from sknn_scratch import _core, _fitting

of_both_folders = pytest.mark.parametrize("folder", [_core, _fitting], ids=["core", "fitting"])


def split_map(folder):
    """Give the lines on the path, with its heading, and those beside it."""
    _, path, beside = re.split("^The .*path|^Beside the path", folder.__doc__, flags=re.MULTILINE)
    return path, beside


def modules_in(text):
    """List the modules that have a line, or are named in the line of another."""
    lines = re.findall(r"^    (\w+) +(.*)", text, re.MULTILINE)
    return [name for first, rest in lines for name in (first, *re.findall(r"``(\w+)``", rest))]


def lengths_of(folder):
    """Count the lines (dict) of the modules in a folder."""
    paths = Path(folder.__file__).parent.glob("*.py")
    return {path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}


@of_both_folders
def test_the_map_has_every_module_once(folder):
    path, beside = split_map(folder)
    assert sorted(modules_in(path) + modules_in(beside)) == sorted(lengths_of(folder).keys() - {"__init__"})


@of_both_folders
def test_the_path_is_about_as_long_as_it_says(folder):
    path, _ = split_map(folder)
    n_lines = sum(lengths_of(folder)[name] for name in modules_in(path))
    promised = int(re.search(r"([\d,]+) lines", path)[1].replace(",", ""))
    assert abs(n_lines - promised) < promised / 10
