"""HiddenUnitsDisplay: what it computes and draws."""

import itertools
import types

import matplotlib
import matplotlib.legend
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from sknn_scratch import (
    Activation,
    ActivationDisplay,
    HiddenUnitsDisplay,
    NetworkDisplay,
    ShallowNNClassifier,
)
from sknn_scratch._displays.hidden_units import margins
from sknn_scratch._displays.slices import feature_slice
from tests.displays.drawing import DISPLAYS, draw, fit, show, texts
from tests.helpers import make_data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_the_maps_are_the_hidden_values_on_a_grid():
    clf, X, y = fit("multiclass", n_features=2)
    shown = HiddenUnitsDisplay.from_estimator(clf, X, y, resolution=7)
    grid = np.array([[x, y] for y in shown.y for x in shown.x])
    np.testing.assert_allclose(shown.hidden.reshape(49, 4), clf.transform(grid)[:, shown.units])
    np.testing.assert_allclose(shown.outputs.reshape(49, 3), clf.decision_function(grid))
    np.testing.assert_array_equal(shown.output_weights, clf.coefs_[1][shown.units])
    assert shown.x[0] < X[:, 0].min() < X[:, 0].max() < shown.x[-1]
    assert shown.y[0] < X[:, 1].min() < X[:, 1].max() < shown.y[-1]
    rows, codes = shown.points
    np.testing.assert_array_equal(rows, X)
    np.testing.assert_array_equal(codes, y)


@pytest.mark.parametrize(("n_hidden", "n_units", "n_shown"), [(1, 8, 1), (3, 8, 3), (64, 12, 12)])
def test_the_most_important_units_come_first(n_hidden, n_units, n_shown):
    clf, X, _ = fit(n_hidden=n_hidden, activation="tanh")
    shown = show(HiddenUnitsDisplay, clf, X, n_units=n_units)
    effect = clf.transform(X).std(axis=0) * np.abs(clf.coefs_[1][:, 0])
    np.testing.assert_array_equal(shown.units, np.argsort(-effect)[:n_units])
    assert len(shown.axes_) == n_shown
    assert shown.axes_[0].get_title().startswith(f"unit {shown.units[0]} → class")


def test_the_axes_have_the_users_units_before_a_scaler():
    pipe, X, _ = fit(steps=[StandardScaler()], n_features=2)
    X = 1000 * X + 5000
    pipe.fit(X, make_data("binary")[1])
    shown = HiddenUnitsDisplay.from_estimator(pipe, X, resolution=5)
    corner = np.array([[shown.x[-1], shown.y[0]]])
    assert shown.x[0] > 500
    np.testing.assert_allclose(
        shown.hidden[0, -1], pipe[-1].transform(pipe[:-1].transform(corner))[0, shown.units]
    )


def test_all_other_features_are_held_at_their_median():
    clf, X, _ = fit()
    shown = HiddenUnitsDisplay.from_estimator(clf, X, features=(-1, 1), resolution=5)
    row = np.median(X, axis=0)
    row[[3, 1]] = shown.x[2], shown.y[4]
    np.testing.assert_allclose(shown.outputs[4, 2], clf.decision_function([row]))
    assert shown.feature_names == ("x3", "x1")


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_features_of_a_frame_are_chosen_by_name(frame):
    X, y = make_data("binary", n_features=3)
    X = frame(dict(zip(["age", "height", "weight"], X.T, strict=True)))
    pipe = make_pipeline(StandardScaler(), ShallowNNClassifier(3, max_iter=5, random_state=0)).fit(X, y)
    shown = show(HiddenUnitsDisplay, pipe, X, features=("weight", 0))
    assert shown.ax_.get_xlabel() == "weight"
    assert shown.ax_.get_ylabel() == "age"
    row = frame({"age": [shown.y[1]], "height": [np.median(X["height"])], "weight": [shown.x[3]]})
    np.testing.assert_allclose(shown.outputs[1, 3, 0], pipe.decision_function(row)[0])


def test_what_is_no_number_is_held_at_its_most_frequent_value():
    X = pd.DataFrame(
        {"a": [1.0, 2.0, 3.0], "b": [1, 5, 9], "c": ["red", "blue", "red"], "d": [True, False, True]}
    )
    plane = feature_slice(X, ("a", "b"), 4)
    assert set(plane.rows["c"]) == {"red"}
    assert set(plane.rows["d"]) == {True}
    clf = ShallowNNClassifier(3, max_iter=5, random_state=0)
    pipe = make_pipeline(OrdinalEncoder(), clf).fit(X, [0, 1, 0])
    with pytest.raises(ValueError, match="features must be numbers, but c has values such as 'red'"):
        show(HiddenUnitsDisplay, pipe, X, features=("a", "c"))


@pytest.mark.parametrize("container", [scipy.sparse.csr_array, scipy.sparse.csc_matrix, np.ndarray.tolist])
def test_other_containers_give_the_same_maps(container):
    clf, X, _ = fit()
    X[X < 0.3] = 0
    dense, other = (HiddenUnitsDisplay.from_estimator(clf, one, resolution=5) for one in (X, container(X)))
    np.testing.assert_allclose(other.hidden, dense.hidden)
    np.testing.assert_allclose(other.x, dense.x)


def test_missing_values_and_a_constant_feature_do_not_spoil_the_grid():
    X = np.array([[1.0, np.nan, 7.0], [3.0, 4.0, 7.0], [5.0, 8.0, 7.0]])
    plane = feature_slice(X, (1, 2), 3)
    np.testing.assert_allclose(plane.x, [3.8, 6.0, 8.2])
    np.testing.assert_allclose(plane.y, [6.5, 7.0, 7.5])
    np.testing.assert_array_equal(plane.rows[:, 0], 3.0)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (0, "features must be two positions or names, got 0"),
        ((0, 1, 2), r"features must be two .* got \(0, 1, 2\)"),
        ((0.5, 1), r"features must be positions \(integers\) or names \(strings\), got 0.5"),
        ((0, 0), "two different"),
        ((0, -4), "two different"),
        ((0, 4), "only 4 features"),
        (("a", 0), "features has 'a', but the columns of X are"),
    ],
)
def test_bad_features(features, message):
    clf, X, _ = fit()
    with pytest.raises(ValueError, match=message):
        show(HiddenUnitsDisplay, clf, X, features=features)


def test_a_single_feature_spans_no_plane():
    clf, X, _ = fit(n_features=1)
    with pytest.raises(ValueError, match=r"X must have at least 2 features, .* got 1"):
        show(HiddenUnitsDisplay, clf, X)


@pytest.mark.parametrize(
    ("display", "name", "value", "least"),
    [
        (HiddenUnitsDisplay, "n_units", 0, 1),
        (HiddenUnitsDisplay, "n_units", "all", 1),
        (HiddenUnitsDisplay, "resolution", 1, 2),
        (HiddenUnitsDisplay, "resolution", 2.5, 2),
    ],
)
def test_bad_counts(display, name, value, least):
    clf, X, _ = fit()
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least {least}, got {value!r}"):
        show(display, clf, X, **{name: value})
    show(display, clf, X, **{name: np.int64(least)})


@pytest.mark.parametrize("n_classes", [2, 3])
def test_names_with_dollars_are_no_formulas(n_classes):
    X, y = make_data("multiclass" if n_classes == 3 else "binary", n_features=2)
    X = pd.DataFrame(X, columns=["$a_$", "100 $"])
    clf = ShallowNNClassifier(3, max_iter=2, random_state=0).fit(X, np.array(["$b_$", "$^$", "$"])[y])
    for display in (HiddenUnitsDisplay, NetworkDisplay):
        shown = draw(display, clf, X)
        assert r"\$a_\$" in texts(shown.figure_)


def test_the_boundary_does_not_run_through_the_legend():
    clf, X, _ = fit()
    with plt.rc_context({"legend.frameon": False}):
        assert show(HiddenUnitsDisplay, clf, X).ax_.get_legend().get_frame_on()


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_slow_machine_places_legends_without_a_warning(display, monkeypatch):
    """Matplotlib warns if it took over a second to find a place that it was not asked to find."""
    clf, X, _ = fit()
    every_call_takes_two_seconds = itertools.count(0, 2)
    clock = types.SimpleNamespace(perf_counter=lambda: next(every_call_takes_two_seconds))
    monkeypatch.setattr(matplotlib.legend, "time", clock)
    assert [ax for ax in draw(display, clf, X).figure_.axes if ax.get_legend() is not None]


def test_bad_labels_of_the_hidden_units():
    clf, X, y = fit()
    with pytest.raises(ValueError, match="inconsistent numbers"):
        HiddenUnitsDisplay.from_estimator(clf, X, y[:-1])
    with pytest.raises(ValueError, match="unknown"):
        HiddenUnitsDisplay.from_estimator(clf, X, y + 1)
    clf, X, y = fit("multilabel")
    with pytest.raises(ValueError, match="y must be None for a multilabel"):
        HiddenUnitsDisplay.from_estimator(clf, X, y)


def test_hidden_units_need_a_row():
    clf, X, _ = fit()
    with pytest.raises(ValueError, match="X has no rows"):
        HiddenUnitsDisplay.from_estimator(clf, X[:0])


def test_many_rows_are_thinned_out():
    clf, _, _ = fit(n_features=2)
    X = np.random.default_rng(0).normal(size=(30_000, 2))
    rows, codes = HiddenUnitsDisplay.from_estimator(clf, X, clf.predict(X), resolution=5).points
    assert len(rows) == len(codes) == 1000


def test_a_unit_speaks_for_a_class():
    def titles(weights, logits, names, multilabel=False):
        shown = HiddenUnitsDisplay(
            np.arange(2.0), np.arange(2.0), np.zeros((2, 2, len(weights))), np.zeros((2, 2, logits)),
            np.array(weights), class_names=names, multilabel=multilabel,
        )  # fmt: skip
        return [ax.get_title() for ax in shown.plot().axes_]

    assert titles([[1.0], [-1.0]], 1, ["no", "yes"]) == ["unit 0 → yes", "unit 1 → no"]
    assert titles([[1.0, 0, 2], [-1, -2, -3]], 3, ["a", "b", "c"]) == ["unit 0 → c", "unit 1 → a"]
    assert titles([[1.0, -2], [3, 1]], 2, ["a", "b"], multilabel=True) == ["unit 0 → not b", "unit 1 → a"]
    assert titles([[1.0]], 1, None) == ["unit 0 → class 1"]


def test_margins_are_positive_just_for_the_prediction():
    logits = np.random.default_rng(0).normal(size=(5, 6, 4))
    wins = margins(logits, multilabel=False)
    np.testing.assert_array_equal((wins > 0).sum(axis=-1), 1)
    np.testing.assert_array_equal(wins.argmax(axis=-1), logits.argmax(axis=-1))
    best = np.sort(logits, axis=-1)
    np.testing.assert_allclose(wins.max(axis=-1), best[..., -1] - best[..., -2])
    np.testing.assert_array_equal(margins(logits, multilabel=True), logits)
    np.testing.assert_array_equal(margins(logits[..., :1], multilabel=False), logits[..., :1])


@pytest.mark.parametrize("activation", ["logistic", "gelu", Activation(np.sin, np.cos)])
def test_hidden_units_and_activation_show_any_activation(activation):
    clf, X, _ = fit(activation=activation, max_iter=2)
    name = activation if isinstance(activation, str) else "sin"
    units = show(HiddenUnitsDisplay, clf, X, n_units=1)
    assert f"hidden value a = {name}(z)" in texts(units.figure_)
    shown = show(ActivationDisplay, clf, X)
    assert shown.ax_.get_title() == f"g = {name}"


def test_many_classes_have_different_colours():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 2)), np.arange(100) % 10
    clf = ShallowNNClassifier(2, max_iter=2, random_state=0).fit(X, y)
    shown = HiddenUnitsDisplay.from_estimator(clf, X, y, resolution=5)
    colors = [line.get_color() for line in shown.ax_.get_legend().get_lines()]
    assert len(set(colors)) == 10
