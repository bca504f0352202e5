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


def import_anew():
    with pytest.raises(ImportError) as raised:
        runpy.run_path(str(MODULE))
    return str(raised.value)


@pytest.mark.parametrize(
    ("module", "name"),
    [("sklearn.metrics._scorer", "_BaseScorer"), ("sklearn.utils._param_validation", "Interval")],
)
def test_a_missing_name_is_named_with_the_versions(monkeypatch, module, name):
    monkeypatch.delattr(import_module(module), name)
    monkeypatch.setattr(sklearn, "__version__", "1.10.2")
    sentence = import_anew()
    assert f"'{name}' from '{module}'" in sentence
    assert "does not work with the installed 1.10.2" in sentence
    assert f"supports scikit-learn {', '.join(sklearn_private.SUPPORTED)}" in sentence
    assert f'pip install "scikit-learn=={sklearn_private.SUPPORTED[-1]}.*"' in sentence


def test_a_missing_module_is_named(monkeypatch):
    monkeypatch.setattr(sklearn, "__version__", "1.10.2")
    module = "sklearn.callback._callback_support"
    monkeypatch.setitem(sys.modules, module, None)
    assert module in import_anew()


def test_the_supported_versions_begin_with_the_lowest_allowed():
    (lowest,) = re.findall(r"'scikit-learn>=([\d.]+)", str(PYPROJECT["project"]["dependencies"]))
    assert lowest == sklearn_private.SUPPORTED[0]
