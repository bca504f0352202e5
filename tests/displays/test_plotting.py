"""What all displays have in common."""

import builtins
import itertools
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.gridspec import GridSpec
from numpy.testing import assert_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    ActivationDisplay,
    NetworkDisplay,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    diagnose,
)
from tests.displays.drawing import DISPLAYS, fit, show, undrawn
from tests.helpers import make_data


def test_of_an_ensemble_the_first_network_is_shown_and_the_title_says_so():
    X, y = make_data("binary")
    ensemble = ShallowNNEnsembleClassifier(3, n_networks=2, alpha=1.0, max_iter=5, random_state=0).fit(X, y)
    pipeline = make_pipeline(ensemble)
    for estimator in (ensemble, pipeline):
        assert "3 relu units, first of 2 networks: " in str(diagnose(estimator, X, y))
    for display in DISPLAYS:
        assert show(display, pipeline, X).ax_.get_title() == "first of 2 networks"
        assert show(display, ensemble, X, name="").ax_.get_title() == ""


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_pipeline_is_shown_by_its_last_step(display):
    network, X, _ = fit()
    display, scaler = undrawn(display), StandardScaler().fit(X)
    scaled = scaler.transform(X)
    alone, pipe = show(display, network, scaled), make_pipeline(scaler, network)
    nested = make_pipeline("passthrough", scaler, make_pipeline(make_pipeline(network)))
    for one, rows in ((pipe, X), (make_pipeline(network), scaled), (nested, X)):
        shown = show(display, one, rows)
        assert str(diagnose(one, rows)) == str(diagnose(pipe, X))
        for name in ("history", "coefs", "hidden_input", "slope", "units"):
            if hasattr(shown, name):
                assert_equal(getattr(shown, name), getattr(alone, name))


@pytest.mark.parametrize(
    "add",
    [
        lambda figure: figure.add_subplot(GridSpec(2, 1)[0]),  # a grid without a figure
        lambda figure: figure.add_axes((0.5, 0.1, 0.4, 0.8)),  # outside of a grid
    ],
)
def test_an_axes_is_divided_in_its_place(add):
    estimator, X, _ = fit()
    ax = add(plt.figure())
    place = ax.get_position()
    for panel in ActivationDisplay.from_estimator(estimator, X, ax=ax).axes_:
        assert panel.figure is ax.figure
        left, bottom, right, top = panel.get_position().extents
        assert place.x0 - 1e-9 <= left < right <= place.x1 + 1e-9
        assert place.y0 - 1e-9 <= bottom < top <= place.y1 + 1e-9


def test_displays_stand_side_by_side():
    estimator, X, _ = fit()
    figure, axes = plt.subplots(1, 4, layout="constrained", figsize=(20, 4))
    shown = [show(display, estimator, X, ax=ax) for display, ax in zip(DISPLAYS, axes, strict=True)]
    figure.draw_without_rendering()
    assert {one.figure_ for one in shown} == {figure}
    for left, right in itertools.pairwise(one.ax_.get_position() for one in shown):
        assert left.x1 < right.x0


def test_a_wrong_number_of_axes_is_an_error():
    estimator, X, _ = fit()
    with pytest.raises(ValueError, match="ax must be one Axes or 2 of them, got 3"):
        show(ActivationDisplay, estimator, X, ax=plt.subplots(1, 3)[1])


def test_without_matplotlib_the_error_says_how_to_install_it(monkeypatch):
    estimator, X, _ = fit()
    find = builtins.__import__

    def find_all_but_matplotlib(name, *args):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return find(name, *args)

    monkeypatch.setattr(builtins, "__import__", find_all_but_matplotlib)
    with pytest.raises(ImportError, match=r"NetworkDisplay\.plot needs matplotlib: pip install"):
        show(NetworkDisplay, estimator, X)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (LogisticRegression(), TypeError, "got LogisticRegression.*EffectsDisplay shows any estimator"),
        (make_pipeline(StandardScaler(), LogisticRegression()), TypeError, "got LogisticRegression"),
        (ShallowNNClassifier(), NotFittedError, "not fitted"),
    ],
)
def test_what_is_no_fitted_network_is_an_error(estimator, error, message):
    for call in (*(partial(show, display) for display in DISPLAYS), diagnose):
        with pytest.raises(error, match=message):
            call(estimator, np.zeros((5, 4)))
