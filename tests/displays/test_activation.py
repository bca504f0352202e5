import warnings

import numpy as np
import scipy.sparse
from numpy.testing import assert_allclose

from sknn_scratch import ActivationDisplay
from tests.displays.drawing import DISPLAYS, draw, fit, show, texts, undrawn


def test_the_hidden_inputs_are_those_of_the_network():
    clf, X, _ = fit(activation="tanh", init_scale=3)
    shown = show(ActivationDisplay, clf, X)
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    assert_allclose(shown.hidden_input, z)
    assert_allclose(shown.slope, 1 - np.tanh(z) ** 2, atol=1e-12)
    curve_z, function, slope = shown.curve
    assert_allclose(function, np.tanh(curve_z))
    assert_allclose(slope, 1 - np.tanh(curve_z) ** 2, atol=1e-12)
    height = sum(bar.get_height() for bar in shown.axes_[1].patches)
    assert 98 <= height <= 100 + 1e-9  # half a percent may be out of sight on each side


def test_shares_of_flat_inputs_and_of_units_that_always_are():
    slope = np.array([[1.0, 0.0, 0.01], [-1.0, 0.0, 0.5]])
    curve = (np.array([-1.0, 1.0]), np.array([-1.0, 1.0]), np.ones(2))
    shown = ActivationDisplay(np.zeros((2, 3)), slope, curve, "sin").plot()
    words = texts(shown.figure_)
    assert {"50%: slope at least 0.05", "50%: flat (1 of 3 units for all rows)", "g = sin"} <= set(words)


def test_many_rows_are_thinned_out_dense_or_sparse_in_their_precision():
    clf, _, _ = fit(n_hidden=64, n_features=2, dtype="float32")
    X = np.random.default_rng(0).normal(size=(20_000, 2))
    dense, sparse = (
        show(undrawn(ActivationDisplay), clf, one).hidden_input for one in (X, scipy.sparse.coo_matrix(X))
    )
    assert (dense.shape, dense.dtype) == ((1_000_000 // 64, 64), np.float32)
    assert_allclose(sparse, dense, rtol=1e-5, atol=1e-6)


def test_drawing_warns_of_nothing_even_if_the_network_is_flat_everywhere():
    with warnings.catch_warnings(action="ignore"):
        clf, X, _ = fit(init_scale=0)
    for display in DISPLAYS:
        shown = draw(display, clf, X)
    assert "100%: flat (4 of 4 units for all rows)" in texts(shown.figure_)
