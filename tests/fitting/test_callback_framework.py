"""What stands in for scikit-learn's callback framework before 1.9, tested with any version."""

import runpy
from pathlib import Path

import pytest
import sklearn
from sklearn.base import BaseEstimator, clone

from sknn_scratch import Checkpoint, ShallowNNClassifier
from sknn_scratch._fitting import callback_framework, sklearn_private
from tests.helpers import SilentCallback
from tests.versions import HAS_CALLBACKS


@pytest.fixture
def stand_in(monkeypatch):
    """The names of the module, as they are without scikit-learn's framework."""
    monkeypatch.setattr(sklearn_private, "HAS_CALLBACKS", False)
    return runpy.run_path(str(Path(callback_framework.__file__)))


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


def test_only_callbacks_that_need_no_framework_are_set(estimator, callback, monkeypatch):
    monkeypatch.setattr(sklearn, "__version__", "1.7.2")
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
