"""The map of the modules in the docstring of the core."""

import re
from pathlib import Path

from sknn_scratch import _core

FOLDER = Path(_core.__file__).parent
_, PATH, BESIDE = re.split("^The textbook path|^Beside the path", _core.__doc__, flags=re.MULTILINE)


def modules_in(text):
    return re.findall(r"^    (\w+) ", text, re.MULTILINE)


def test_the_map_has_every_module_once():
    listed = modules_in(PATH) + modules_in(BESIDE)
    assert sorted(listed) == sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def test_the_textbook_path_is_about_as_long_as_it_says():
    n_lines = sum(
        len((FOLDER / f"{name}.py").read_text(encoding="utf-8").splitlines()) for name in modules_in(PATH)
    )
    promised = int(re.search(r"([\d,]+) lines", PATH)[1].replace(",", ""))
    assert abs(n_lines - promised) < promised / 10
