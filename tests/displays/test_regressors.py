"""Displays of regressors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import HiddenUnitsDisplay, NetworkDisplay
from tests.displays.drawing import contours, points
from tests.helpers import make_rows, small_regressor

X, Y = make_rows(40)
TWO = np.column_stack([Y, 100 * Y**2])


def test_the_surface_of_a_regressor():
    pipeline = make_pipeline(StandardScaler(), small_regressor()).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(pipeline, X, Y, n_units=3, resolution=5)
    assert display.outputs.shape == (5, 5, 1)
    assert len(contours(display.ax_)) == 1
    assert_array_equal(points(display.ax_), X[:, :2])
    assert_array_equal(display.points[1], Y)
    assert display.ax_.get_title() == "Surface"
    raises = pipeline[-1].coefs_[1][display.units, 0] > 0
    assert set(raises) == {True, False}
    directions = [axes.get_title().split(" → ")[1] for axes in display.axes_]
    assert_array_equal(directions, np.where(raises, "higher", "lower"))
    assert "predicted y" in [axes.get_ylabel() for axes in display.figure_.axes]


@pytest.mark.parametrize(
    ("params", "y", "names"),
    [
        ({}, np.column_stack([Y, 10 - 3 * X[:, 0]]), ["y0", "y1"]),
        ({"loss": "quantile", "quantile": [0.9, 0.2]}, Y, ["quantile 0.9", "quantile 0.2"]),
    ],
)
def test_the_surface_of_one_of_several_outputs(params, y, names):
    plane = X[:, :2]
    fitted = small_regressor(**params).fit(plane, y)
    for k in (0, 1):
        display = HiddenUnitsDisplay.from_estimator(fitted, plane, y, target=k, n_units=2, resolution=5)
        grid = np.column_stack([values.ravel() for values in np.meshgrid(display.x, display.y)])
        assert_allclose(display.outputs.ravel(), fitted.predict(grid)[:, k])
        assert_array_equal(display.points[1], y[:, k] if y.ndim == 2 else y)
        assert display.class_names == [names[k]]
        if y.ndim == 2:  # a quantile is a sum of outputs
            influence = fitted.transform(plane).std(axis=0) * np.abs(fitted.coefs_[1][:, k])
            assert_array_equal(display.units, np.argsort(-influence)[:2])


@pytest.mark.parametrize("target", [-1, 1])
def test_a_target_that_is_not_there(target):
    with pytest.raises(ValueError, match=f"target == {target}, must be .= 0"):
        HiddenUnitsDisplay.from_estimator(small_regressor().fit(X, Y), X, target=target)


def test_the_surface_of_a_constant_has_no_lines():
    flat = small_regressor(max_iter=1).fit(X, np.full(40, 3.0))
    flat.coefs_[1][...] = 0
    display = HiddenUnitsDisplay.from_estimator(flat, X, n_units=1, resolution=3)
    assert np.ptp(display.outputs) == 0
    assert not contours(display.ax_)


def test_outputs_of_a_regressor_have_names():
    reg = small_regressor().fit(X, TWO)
    quantiles = small_regressor(loss="quantile", quantile=[0.9, 0.2]).fit(X, Y)
    for estimator, names in (
        (reg, {"y0", "y1"}),
        (quantiles, {"quantile 0.2", "0.2 to 0.9"}),
        (small_regressor().fit(X, Y), {"y"}),
    ):
        assert names <= {text.get_text() for text in NetworkDisplay.from_estimator(estimator).ax_.texts}
