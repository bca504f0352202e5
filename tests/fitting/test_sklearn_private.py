"""The error if the installed scikit-learn lacks one of the private names."""

import re
import runpy
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import sklearn

from sknn_scratch._fitting import sklearn_private

MODULE = Path(sklearn_private.__file__)
PYPROJECT = tomllib.loads((MODULE.parents[2] / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["_BaseScorer", None])
def test_a_missing_name_or_module_is_named_with_the_versions(monkeypatch, name):
    monkeypatch.setattr(sklearn, "__version__", "1.10.2")
    module = "sklearn.metrics._scorer"
    if name:
        monkeypatch.delattr(import_module(module), name)
    else:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as raised:
        runpy.run_path(str(MODULE))
    sentence, (*_, newest) = str(raised.value), sklearn_private.SUPPORTED
    assert (f"'{name}' from '{module}'" if name else module) in sentence
    assert "does not work with the installed 1.10.2" in sentence
    assert f"supports scikit-learn {', '.join(sklearn_private.SUPPORTED)}" in sentence
    assert f'pip install "scikit-learn=={newest}.*"' in sentence


def test_the_supported_versions_begin_with_the_lowest_allowed():
    (lowest,) = re.findall(r"'scikit-learn>=([\d.]+)", str(PYPROJECT["project"]["dependencies"]))
    assert lowest == sklearn_private.SUPPORTED[0]
