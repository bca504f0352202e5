"""TrainingCurveDisplay: what it computes and draws."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from sknn_scratch import ShallowNNClassifier, TrainingCurveDisplay
from sknn_scratch._core.stopping import StopReason
from tests.displays.drawing import draw, drawn, fit, show, texts
from tests.helpers import make_data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


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


@pytest.mark.parametrize("color", ["black", (0, 0, 0), np.zeros(3)])
def test_curves_in_one_colour_need_no_name(color):
    shown = TrainingCurveDisplay({"loss": [1.0, 0.5]}).plot(color=color)
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
