"""The errors if scikit-learn lacks a private name, or its callbacks."""

import re
import runpy
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import sklearn

from sknn_scratch._fitting import sklearn_versions
from tests.helpers import SilentCallback

MODULE = Path(sklearn_versions.__file__)
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
    sentence, (*_, newest) = str(raised.value), sklearn_versions.SUPPORTED
    assert (f"'{name}' from '{module}'" if name else module) in sentence
    assert "does not work with the installed 1.10.2" in sentence
    assert f"supports scikit-learn {', '.join(sklearn_versions.SUPPORTED)}" in sentence
    assert f'pip install "scikit-learn=={newest}.*"' in sentence


def test_the_supported_versions_begin_with_the_lowest_allowed():
    (lowest,) = re.findall(r"'scikit-learn>=([\d.]+)", str(PYPROJECT["project"]["dependencies"]))
    assert lowest == sklearn_versions.SUPPORTED[0]


def test_callbacks_need_a_newer_version(monkeypatch):
    monkeypatch.setattr(sklearn, "__version__", "1.8.0")
    network = runpy.run_path(str(MODULE))["CallbackSupportMixin"]()
    with pytest.raises(TypeError, match=r'needs scikit-learn 1\.9 .*pip install "scikit-learn>=1\.9"'):
        network.set_callbacks(SilentCallback())
    assert network.set_callbacks() is network
