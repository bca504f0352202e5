"""What the displays compute and draw: every kind of output, activation and size."""

import builtins
import itertools
import types
import warnings

import matplotlib
import matplotlib.legend
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler

from sknn_scratch import (
    Activation,
    ActivationDisplay,
    HiddenUnitsDisplay,
    NetworkDisplay,
    ShallowNNClassifier,
    TrainingCurveDisplay,
)
from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._displays.hidden_units import margins
from sknn_scratch._displays.plotting import shorten
from sknn_scratch._displays.slices import feature_slice
from tests.helpers import KINDS, make_data

matplotlib.use("Agg")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DISPLAYS = (TrainingCurveDisplay, HiddenUnitsDisplay, NetworkDisplay, ActivationDisplay)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def fit(kind="binary", n_hidden=4, n_features=4, steps=(), **parameters):
    """Fit a network, or a Pipeline that ends in one, for a few epochs."""
    X, y = make_data(kind, n_features=n_features)
    clf = ShallowNNClassifier(
        n_hidden, **{"solver": "adam", "max_iter": 5, "learning_rate": 0.05, "random_state": 0} | parameters
    )
    return (make_pipeline(*steps, clf) if steps else clf).fit(X, y), X, y


def show(display, estimator, X, **options):
    """Make a display of any class; its maps have few points."""
    data = (X,) if display in (HiddenUnitsDisplay, ActivationDisplay) else ()
    if display is HiddenUnitsDisplay:
        options = {"resolution": 10} | options
    return display.from_estimator(estimator, *data, **options)


def draw(display, estimator, X, **options):
    """Do what ``show`` does, and all that matplotlib only does when the picture is written."""
    shown = show(display, estimator, X, **options)
    shown.figure_.draw_without_rendering()
    return shown


def texts(figure):
    """All the words in a figure."""
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def drawn(ax):
    """The lines of an Axes, as (label, x, y)."""
    return [(line.get_label(), *np.asarray(line.get_data(), float)) for line in ax.get_lines()]


# --- What all have in common ---


@pytest.mark.parametrize("display", DISPLAYS)
@pytest.mark.parametrize("kind", KINDS)
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


# --- TrainingCurveDisplay ---


def test_the_curves_are_the_history():
    clf, X, _ = fit(early_stopping=True)
    shown = show(TrainingCurveDisplay, clf, X)
    lines = {label: (x, y) for label, x, y in drawn(shown.ax_)}
    np.testing.assert_array_equal(lines["training: loss + penalty"], [np.arange(1, 6), clf.history_["loss"]])
    np.testing.assert_array_equal(lines["validation: loss"], [np.arange(1, 6), clf.history_["val_loss"]])
    x, y = lines[f"best epoch: {clf.best_iter_}"]
    assert (x, y) == (clf.best_iter_, clf.history_["val_loss"].min())
    assert "stop at 5: max_iter" in lines


@pytest.mark.parametrize("stop_reason", [reason.name.lower() for reason in StopReason])
def test_the_stop_is_marked_with_its_reason(stop_reason):
    shown = TrainingCurveDisplay({"loss": [3.0, 2.0, np.inf]}, stop_reason=stop_reason).plot()
    label, x, y = drawn(shown.ax_)[-1]
    assert label == f"stop at 3: {stop_reason}"
    assert (x, y) == (2, 2.0)  # where the curve was last seen


def test_a_training_without_validation_has_no_best_epoch():
    clf, X, _ = fit()
    assert not any("best" in text for text in texts(show(TrainingCurveDisplay, clf, X).figure_))


def test_a_diverged_training_marks_the_epoch_that_it_went_back_to():
    shown = TrainingCurveDisplay({"loss": [3.0, 2.0, 1e9]}, best_iter=2, stop_reason="diverged").plot()
    assert ("best epoch: 2", 2, 2.0) in drawn(shown.ax_)


def test_the_initial_weights_are_no_best_epoch():
    history = {"loss": [1e9], "val_loss": [1e9]}
    shown = TrainingCurveDisplay(history, best_iter=0, stop_reason="diverged").plot()
    assert not any("best" in text for text in texts(shown.figure_))


@pytest.mark.parametrize(("scoring", "name"), [("balanced_accuracy", "balanced accuracy"), (None, "score")])
def test_a_score_has_a_panel_of_its_own(scoring, name):
    def mine(estimator, X, y):
        return estimator.score(X, y)

    clf, X, _ = fit(early_stopping=True, scoring=scoring or mine)
    shown = draw(TrainingCurveDisplay, clf, X)
    loss, score = shown.axes_
    assert loss is shown.ax_
    np.testing.assert_array_equal(drawn(score)[0][2], clf.history_["val_score"])
    assert score.get_ylabel() == f"validation\n{name}"


def test_details_are_gradient_norms_and_shares_of_units():
    clf, X, _ = fit()
    _, gradients, units = draw(TrainingCurveDisplay, clf, X, details=True).axes_
    history = clf.history_
    (_, _, hidden), (_, _, output) = drawn(gradients)
    np.testing.assert_array_equal(hidden, history["gradient_norm_hidden"])
    np.testing.assert_array_equal(output, history["gradient_norm_output"])
    (_, _, saturated), (_, _, dead) = drawn(units)
    np.testing.assert_array_equal(saturated, 100 * history["saturated_fraction"])
    np.testing.assert_array_equal(dead, 100 * history["dead_fraction"])


def test_the_horizontal_axis_can_be_seconds():
    clf, X, _ = fit()
    shown = show(TrainingCurveDisplay, clf, X, x="seconds")
    np.testing.assert_allclose(drawn(shown.ax_)[0][1], np.cumsum(clf.history_["seconds"]))
    assert shown.ax_.get_xlabel() == "training time (seconds)"


def test_estimators_can_be_laid_over_one_another():
    ax = None
    for activation, color in (("tanh", "#009E73"), ("relu", "#0072B2")):
        clf, X, _ = fit(activation=activation, early_stopping=True)
        shown = draw(TrainingCurveDisplay, clf, X, name=activation, color=color, details=True, ax=ax)
        ax = shown.axes_
    legend = [text.get_text() for text in shown.ax_.get_legend().get_texts()]
    assert legend == ["tanh, stop at 5: max_iter", "relu, stop at 5: max_iter"]
    assert {line.get_color() for line in shown.ax_.get_lines()} == {"#009E73", "#0072B2"}


def test_curves_in_one_colour_need_no_name():
    shown = TrainingCurveDisplay({"loss": [1.0, 0.5]}).plot(color="black")
    assert [text.get_text() for text in shown.ax_.get_legend().get_texts()] == ["training: loss + penalty"]


@pytest.mark.parametrize(
    ("loss", "scale"), [([2, 1, 0.5], "linear"), ([2, 0.5, 0.05], "log"), ([2, 0.5, 0], "linear")]
)
def test_a_loss_that_falls_far_has_a_logarithmic_axis(loss, scale):
    shown = TrainingCurveDisplay({"loss": loss}).plot()
    shown.figure_.canvas.draw()
    assert shown.ax_.get_yscale() == scale


def test_a_single_epoch_is_seen():
    shown = TrainingCurveDisplay({"loss": [0.5]}, stop_reason="max_iter").plot()
    assert shown.ax_.get_lines()[0].get_marker() == "."
    assert shown.n_epochs == 1


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_short_history_of_a_converted_classifier_is_shown(solver):
    X, y = make_data("binary")
    mlp = MLPClassifier((4,), solver=solver, max_iter=5, random_state=0).fit(X, y)
    clf = ShallowNNClassifier.from_mlp_classifier(mlp)
    shown = show(TrainingCurveDisplay, clf, X)
    np.testing.assert_array_equal(drawn(shown.ax_)[0][2], clf.loss_curve_)
    with pytest.raises(ValueError, match=r"details=True needs 'gradient_norm_hidden'.*\['loss'\]"):
        show(TrainingCurveDisplay, clf, X, details=True)
    with pytest.raises(ValueError, match="x='seconds' needs 'seconds'"):
        show(TrainingCurveDisplay, clf, X, x="seconds")


def test_bad_arguments_of_the_training_curve():
    clf, X, _ = fit()
    with pytest.raises(ValueError, match="x must be 'epoch' or 'seconds', got 'hours'"):
        show(TrainingCurveDisplay, clf, X, x="hours")
    clf.loss_curve_ = np.array([])
    with pytest.raises(ValueError, match="no history"):
        show(TrainingCurveDisplay, clf, X)


# --- HiddenUnitsDisplay ---


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


@pytest.mark.parametrize(
    ("n_hidden", "n_units", "n_shown"), [(1, 8, 1), (2, 8, 2), (3, 8, 3), (64, 8, 8), (64, 12, 12)]
)
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


@pytest.mark.parametrize("activation", [*ACTIVATIONS, Activation(np.sin, np.cos)])
def test_hidden_units_and_activation_show_every_activation(activation):
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


# --- NetworkDisplay ---


@pytest.mark.parametrize("n_hidden", [1, 2, 17, 64])
@pytest.mark.parametrize("n_features", [2, 30])
def test_the_strongest_nodes_are_drawn_and_the_others_counted(n_hidden, n_features):
    clf, X, _ = fit("multiclass", n_hidden, n_features)
    shown = draw(NetworkDisplay, clf, X)
    features, units, outputs = shown.shown_
    w_hidden, w_output = clf.coefs_
    strength = np.linalg.norm(w_hidden, axis=0) * np.linalg.norm(w_output, axis=1)
    assert set(units) == set(np.argsort(-strength)[:16])
    assert list(units) == sorted(units)
    assert len(features) == min(16, n_features)
    assert len(outputs) == 3
    words = texts(shown.figure_)
    for n in (n_hidden, n_features):
        assert (f"⋯ {n - 16} weaker ⋯" in words) == (n > 16)
    assert {"hidden layer", f"{n_hidden} relu unit{'s' * (n_hidden > 1)}"} <= set(words)
    assert {"input", f"{n_features} features"} <= set(words)


def test_a_crowded_diagram_has_no_numbers_in_its_units():
    clf, X, _ = fit(n_hidden=40)
    small = plt.figure(figsize=(4, 3)).add_subplot()
    roomy, crowded = show(NetworkDisplay, clf, X), show(NetworkDisplay, clf, X, ax=small)
    assert str(roomy.shown_[1][0]) in texts(roomy.figure_)
    assert not {str(unit) for unit in crowded.shown_[1]} & set(texts(crowded.figure_))


@pytest.mark.parametrize("n_hidden", [1, 4, 40])
def test_nodes_do_not_overlap(n_hidden):
    clf, X, _ = fit("multiclass", n_hidden, 30)
    shown = draw(NetworkDisplay, clf, X)
    for nodes in shown.ax_.collections[2:5]:
        places = shown.ax_.transData.transform(nodes.get_offsets())
        diameter = np.sqrt(nodes.get_sizes()[0]) * shown.figure_.dpi / 72
        assert len(places) <= 16
        assert np.all(-np.diff(places[:, 1]) > diameter)


def test_edges_tell_sign_and_size_of_the_weights():
    coefs = [np.array([[1.0, -2.0]]), np.array([[0.0], [4.0]])]
    intercepts = [np.array([0.0, -1.0]), np.array([0.0])]
    shown = NetworkDisplay(coefs, intercepts, ["x"], ["no", "yes"], "relu").plot()
    hidden, output = shown.ax_.collections[:2]
    weak, strong = hidden.get_colors()  # the strongest is drawn last
    assert weak[2] > weak[0]  # blue: positive
    assert strong[0] > strong[2]  # vermilion: negative
    assert strong[3] == 1 > weak[3]
    assert np.all(np.diff(hidden.get_linewidths()) > 0)
    np.testing.assert_array_equal(hidden.get_segments()[1], [[0, 0], [1, -0.5]])
    np.testing.assert_allclose(output.get_linewidths(), [0.3, 2.8])
    biases = shown.ax_.collections[3].get_facecolors()
    np.testing.assert_array_equal(biases[0, :3], 1)  # no bias: white
    assert biases[1, 0] > biases[1, 2]
    assert {"|w| ≤ 2", "|w| ≤ 4"} <= set(texts(shown.figure_))


def test_names_come_from_the_frame_through_the_pipeline():
    X, y = load_iris(return_X_y=True, as_frame=True)
    clf = ShallowNNClassifier(3, max_iter=2, random_state=0)
    direct = clf.fit(X, y)
    assert {"sepal length (cm)", "class 2"} <= set(texts(show(NetworkDisplay, direct, X).figure_))
    pipe = make_pipeline(StandardScaler(), clf).fit(X, y)
    assert "petal width (cm)" in texts(show(NetworkDisplay, pipe, X).figure_)
    pipe = make_pipeline(FunctionTransformer(np.asarray), clf).fit(X, y)
    assert "x3" in texts(show(NetworkDisplay, pipe, X).figure_)


def test_names_can_be_given():
    clf, X, _ = fit(n_features=2)
    shown = show(NetworkDisplay, clf, X, feature_names=["a", "b" * 30], class_names=["no", "yes"])
    words = texts(shown.figure_)
    assert {"a", "P(yes)", shorten("b" * 30, 20)} <= set(words)
    with pytest.raises(ValueError, match="feature_names must have 2 names, got 1"):
        show(NetworkDisplay, clf, X, feature_names=["a"])
    with pytest.raises(ValueError, match="class_names must have 2 names, got 3"):
        show(NetworkDisplay, clf, X, class_names=["a", "b", "c"])


def test_labels_are_their_own_names():
    X, y = make_data("multiclass")
    clf = ShallowNNClassifier(3, max_iter=2, random_state=0).fit(X, np.array(["cat", "cow", "dog"])[y])
    assert {"cat", "cow", "dog"} <= set(texts(show(NetworkDisplay, clf, X).figure_))
    clf, X, _ = fit("multilabel")
    assert "label 1" in texts(show(NetworkDisplay, clf, X).figure_)


def test_nothing_in_the_diagram_overlaps():
    clf, X, _ = fit("multiclass", 64, 30)
    shown = draw(NetworkDisplay, clf, X)
    renderer = shown.figure_.canvas.get_renderer()
    words = [t for t in shown.ax_.texts if t.get_text()]
    words += shown.ax_.get_legend().get_texts()
    boxes = [word.get_window_extent(renderer) for word in words]
    inside = shown.figure_.bbox
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 for box in boxes)
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i]), words[i].get_text()


# --- ActivationDisplay ---


def test_the_hidden_inputs_are_those_of_the_network():
    clf, X, _ = fit(activation="tanh")
    shown = show(ActivationDisplay, clf, X)
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    np.testing.assert_allclose(shown.hidden_input, z)
    np.testing.assert_allclose(shown.slope, 1 - np.tanh(z) ** 2)
    curve_z, function, slope = shown.curve
    np.testing.assert_allclose(function, np.tanh(curve_z))
    np.testing.assert_allclose(slope, 1 - np.tanh(curve_z) ** 2, atol=1e-12)


def test_shares_of_flat_inputs_and_of_units_that_always_are():
    slope = np.array([[1.0, 0.0, 0.01], [-1.0, 0.0, 0.5]])
    shown = ActivationDisplay(np.zeros((2, 3)), slope, (np.array([-1.0, 1.0]), np.ones(2), np.ones(2))).plot()
    assert shown.flat_fraction == 0.5
    assert shown.dead_fraction == pytest.approx(1 / 3)
    words = texts(shown.figure_)
    assert {"50%: slope at least 0.05", "50%: flat (1 of 3 units always)", "Activation"} <= set(words)


def test_the_bars_add_up_to_all_hidden_inputs():
    clf, X, _ = fit(activation="tanh", init_scale=3)
    shown = show(ActivationDisplay, clf, X)
    height = sum(patch.get_height() for patch in shown.axes_[1].patches)
    assert 98 <= height <= 100 + 1e-9  # half a percent may be out of sight on each side


def test_sparse_rows_and_float32_are_shown_as_they_are():
    clf, X, _ = fit(dtype="float32")
    dense, sparse = (show(ActivationDisplay, clf, one) for one in (X, scipy.sparse.csr_array(X)))
    assert dense.hidden_input.dtype == np.float32
    np.testing.assert_allclose(sparse.hidden_input, dense.hidden_input, rtol=1e-5, atol=1e-6)


def test_many_hidden_inputs_are_thinned_out():
    clf, _, _ = fit(n_hidden=64, n_features=2)
    X = np.random.default_rng(0).normal(size=(20_000, 2))
    assert ActivationDisplay.from_estimator(clf, X).hidden_input.shape == (1_000_000 // 64, 64)


def test_drawing_warns_of_nothing_even_if_the_network_is_flat_everywhere():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf, X, _ = fit(init_scale=0)
    for display in DISPLAYS:
        draw(display, clf, X)
    assert ActivationDisplay.from_estimator(clf, X).dead_fraction == 1


def test_large_sparse_data_may_be_in_coordinate_form():
    X, y = make_data("binary", n_samples=11_000)  # more than are drawn
    matrix = scipy.sparse.coo_matrix(X)
    clf = ShallowNNClassifier(100, max_iter=1, tol=1e9, n_iter_no_change=1, random_state=0).fit(X, y)
    display = ActivationDisplay.from_estimator(clf, matrix)
    expected = ActivationDisplay.from_estimator(clf, X)
    assert_allclose(display.hidden_input, expected.hidden_input, rtol=1e-10, atol=1e-14)
