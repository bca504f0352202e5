"""What all displays have in common."""

import builtins
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    NetworkDisplay,
    ShallowNNClassifier,
    TrainingCurveDisplay,
)
from sknn_scratch._displays.plotting import shorten
from tests.displays.drawing import DISPLAYS, draw, fit, show, texts
from tests.helpers import KINDS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    ("display", "kind"),
    [
        (TrainingCurveDisplay, "binary"),
        (ActivationDisplay, "multiclass"),
        *itertools.product((HiddenUnitsDisplay, NetworkDisplay), KINDS),
    ],
)
def test_every_display_shows_every_kind_of_output(display, kind):
    estimator, X, _ = fit(kind)
    shown = draw(display, estimator, X, name="my network")
    assert shown.ax_.figure is shown.figure_
    assert "my network" in texts(shown.figure_)


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_pipeline_is_shown_by_its_last_step(display):
    pipe, X, _ = fit(steps=[StandardScaler()])
    shown = show(display, pipe, X)
    alone = show(display, pipe[-1], pipe[:-1].transform(X))
    for name in ("history", "coefs", "hidden_input", "slope"):
        if hasattr(shown, name):
            np.testing.assert_equal(getattr(shown, name), getattr(alone, name))
    show(display, make_pipeline(pipe[-1]), pipe[:-1].transform(X))


@pytest.mark.parametrize("display", DISPLAYS)
def test_estimators_stand_side_by_side(display):
    estimator, X, _ = fit()
    figure, axes = plt.subplots(1, 2, layout="constrained")
    left, right = (show(display, estimator, X, ax=ax) for ax in axes)
    figure.draw_without_rendering()
    assert left.figure_ is right.figure_ is figure
    assert left.ax_.get_position().x1 < right.ax_.get_position().x0


@pytest.mark.parametrize("display", [HiddenUnitsDisplay, ActivationDisplay])
def test_an_axes_outside_of_a_grid_is_divided_in_its_place(display):
    estimator, X, _ = fit()
    ax = plt.figure().add_axes((0.5, 0.1, 0.4, 0.8))
    shown = draw(display, estimator, X, ax=ax)
    assert len(shown.axes_) > 1
    assert all(panel.get_position().x0 >= 0.5 - 1e-9 for panel in (shown.ax_, *shown.axes_))


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_wrong_number_of_axes_is_an_error(display):
    estimator, X, _ = fit()
    _, axes = plt.subplots(1, 3)
    with pytest.raises(ValueError, match=r"ax must be one Axes or \d of them, got 3"):
        show(display, estimator, X, ax=axes)


@pytest.mark.parametrize("display", DISPLAYS)
def test_without_matplotlib_the_error_says_how_to_install_it(display, monkeypatch):
    estimator, X, _ = fit()
    find = builtins.__import__

    def find_all_but_matplotlib(name, *args):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return find(name, *args)

    monkeypatch.setattr(builtins, "__import__", find_all_but_matplotlib)
    with pytest.raises(ImportError, match="pip install matplotlib") as caught:
        show(display, estimator, X)
    assert f"{display.__name__}.plot needs matplotlib" in str(caught.value)


@pytest.mark.parametrize("display", DISPLAYS)
@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (LogisticRegression(), TypeError, "got LogisticRegression"),
        (make_pipeline(StandardScaler(), LogisticRegression()), TypeError, "got LogisticRegression"),
        (ShallowNNClassifier(), NotFittedError, "not fitted"),
    ],
)
def test_what_is_no_fitted_network_is_an_error(display, estimator, error, message):
    with pytest.raises(error, match=message):
        show(display, estimator, np.zeros((5, 4)))


def test_long_texts_lose_their_middle():
    assert shorten("short", 5) == "short"
    assert shorten("abcdefghij", 5) == "ab…ij"
    assert shorten(123456789, 6) == "123…89"
    assert len(shorten("x" * 50, 20)) == 20
