import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch import TrainingCurveDisplay
from tests.displays.drawing import draw, drawn, fit, show, texts


def test_the_curves_are_the_history():
    clf, X, _ = fit(early_stopping=True)
    shown = show(TrainingCurveDisplay, clf, X)
    lines = {label: (x, y) for label, x, y in drawn(shown.ax_)}
    assert_array_equal(lines["training: loss + penalty"], [np.arange(1, 6), clf.history_["loss"]])
    assert_array_equal(lines["validation: loss"], [np.arange(1, 6), clf.history_["val_loss"]])
    assert lines[f"best epoch: {clf.best_iter_}"] == (clf.best_iter_, clf.history_["val_loss"].min())
    assert "stopped after epoch 5: max_iter" in lines


@pytest.mark.parametrize(("stop_reason", "marker"), [("line_search_failed", "s"), ("diverged", "X")])
def test_the_stop_is_marked_where_the_curve_was_last_seen(stop_reason, marker):
    shown = TrainingCurveDisplay({"loss": [3.0, 2.0, np.inf]}, stop_reason=stop_reason).plot()
    assert drawn(shown.ax_)[-1] == (f"stopped after epoch 3: {stop_reason}", 2, 2.0)
    assert shown.ax_.get_lines()[-1].get_marker() == marker


ALIKE = {"loss": [1.0] * 5, "val_loss": [1.0] * 5}


@pytest.mark.parametrize(
    ("history", "first_epoch", "best_iter", "marks"),
    [
        ({"loss": [3.0, 2.0, 1.0]}, 1, 3, []),  # without validation, the last epoch is no special one
        ({"loss": [3.0, 2.0, 1e9]}, 1, 2, [("best epoch: 2", 2, 2.0)]),  # it went back there
        ({"loss": [1e9], "val_loss": [1e9]}, 1, 0, []),  # the initial weights are no epoch
        (ALIKE, 8, 7, []),  # that epoch is no longer there
        *((ALIKE, 8, best, [(f"best epoch: {best}", best, 1.0)]) for best in (8, 10, 12)),
    ],
)
def test_an_earlier_epoch_is_marked_as_the_best_if_it_is_kept(history, first_epoch, best_iter, marks):
    shown = TrainingCurveDisplay(history, best_iter, first_epoch=first_epoch).plot()
    assert [line for line in drawn(shown.ax_) if "best" in line[0]] == marks


@pytest.mark.parametrize(("scoring", "name"), [("balanced_accuracy", "balanced accuracy"), (None, "score")])
def test_a_score_has_a_panel_of_its_own(scoring, name):
    def mine(estimator, X, y):
        return estimator.score(X, y)

    clf, X, _ = fit(early_stopping=True, scoring=scoring or mine)
    shown = draw(TrainingCurveDisplay, clf, X)
    loss, score = shown.axes_
    assert loss is shown.ax_
    assert_array_equal(drawn(score)[0][2], clf.history_["val_score"])
    assert score.get_ylabel() == f"validation\n{name}"


def test_details_are_gradient_norms_and_shares_of_units():
    clf, X, _ = fit()
    _, gradients, units = draw(TrainingCurveDisplay, clf, X, details=True).axes_
    names = ("gradient_norm_hidden", "gradient_norm_output", "saturated_fraction", "dead_fraction")
    curves = [heights for _, _, heights in (*drawn(gradients), *drawn(units))]
    assert_array_equal(curves, [clf.history_[name] for name in names])
    assert "100" in [label.get_text() for label in units.get_yticklabels()]


def test_estimators_can_be_laid_over_one_another():
    ax = None
    for activation, color in (("tanh", "#009E73"), ("relu", "#0072B2")):
        clf, X, _ = fit(activation=activation, early_stopping=True)
        shown = show(TrainingCurveDisplay, clf, X, name=activation, color=color, details=True, ax=ax)
        ax = shown.axes_
    ends = [f"{name}, stopped after epoch 5: max_iter" for name in ("tanh", "relu")]
    assert texts(shown.ax_.get_legend()) == ends
    assert {line.get_color() for line in shown.ax_.get_lines()} == {"#009E73", "#0072B2"}


@pytest.mark.parametrize(
    ("loss", "scale"), [([2, 1, 0.5], "linear"), ([2, 0.5, 0.05], "log"), ([2, 0.5, 0], "linear")]
)
def test_a_loss_that_falls_far_has_a_logarithmic_axis(loss, scale):
    assert TrainingCurveDisplay({"loss": loss}).plot().ax_.get_yscale() == scale


def test_curves_in_one_colour_need_no_name_and_the_colour_may_be_of_a_colour_map():
    shown = TrainingCurveDisplay({"loss": [1.0, 0.5]}, color=np.zeros(3)).plot()
    assert texts(shown.ax_.get_legend()) == ["training: loss + penalty"]
    assert shown.ax_.get_lines()[0].get_marker() == "."  # so a single epoch is seen
