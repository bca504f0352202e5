"""The error if scikit-learn lacks a private name, and what stands in for its callbacks before 1.9."""

import re
import runpy
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import sklearn
from sklearn.base import BaseEstimator, clone

from sknn_scratch import Checkpoint, ShallowNNClassifier
from sknn_scratch._fitting import sklearn_versions
from tests.helpers import SilentCallback
from tests.versions import HAS_CALLBACKS

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


# --- scikit-learn's callback framework ---


@pytest.fixture
def stand_in(monkeypatch):
    """The names of the module, as they are without scikit-learn's framework."""
    monkeypatch.setattr(sklearn, "__version__", "1.7.2")
    return runpy.run_path(str(MODULE))


@pytest.fixture
def estimator(stand_in):
    class Estimator(stand_in["CallbackSupport"], BaseEstimator):
        pass

    return Estimator()


@pytest.fixture
def callback(stand_in):
    class Own(stand_in["NeedsNoFramework"]):
        def __init__(self):
            self.seen = []

        def setup(self, estimator, context):
            self.seen.append((estimator, context.parent))

    return Own()


def test_only_callbacks_that_need_no_framework_are_set(estimator, callback):
    assert estimator.set_callbacks(callback) is estimator
    with pytest.raises(TypeError, match=r"scikit-learn 1\.7\.2.*SilentCallback.*pip install.*>=1\.9"):
        estimator.set_callbacks(callback, SilentCallback())
    assert estimator._skl_callbacks == [callback]
    assert not hasattr(estimator.set_callbacks(), "_skl_callbacks")


def test_a_fit_sets_them_up_and_tells_them_nothing(estimator, callback, stand_in):
    context = estimator.set_callbacks(callback)._init_callback_context(max_subtasks=3)
    assert callback.seen == [(estimator, None)]
    epoch = context.subcontext(task_name="epoch")
    epoch.call_on_fit_task_begin(estimator=estimator)
    assert not epoch.call_on_fit_task_end(estimator=estimator)
    with stand_in["callback_management_context"](estimator):
        assert not isinstance(callback, stand_in["AutoPropagatedCallback"])


def test_a_clone_has_them_too(estimator, callback):
    assert not hasattr(clone(estimator), "_skl_callbacks")
    assert clone(estimator.set_callbacks(callback))._skl_callbacks == [callback]


def test_the_installed_version_decides(tmp_path):
    network = ShallowNNClassifier().set_callbacks(Checkpoint(tmp_path / "run.npz"))
    if HAS_CALLBACKS:
        network.set_callbacks(SilentCallback())
    else:
        with pytest.raises(TypeError, match=r"scikit-learn 1\.9"):
            network.set_callbacks(SilentCallback())
