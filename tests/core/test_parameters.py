import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn_scratch._core.parameters import NetworkShape, initialise, view_parameters

SHAPE = NetworkShape(n_features=4, n_hidden=3, n_outputs=2)


def drawn(shape, init_scale):
    return view_parameters(initialise(shape, init_scale, np.random.default_rng(0), np.float64), shape)


def test_initial_weights_are_normal():
    weights = drawn(NetworkShape(n_features=400, n_hidden=100, n_outputs=1), 1.0).w_hidden
    within = [np.mean(abs(weights) < limit) for limit in (1, 2, 3)]
    assert_allclose(within, [0.6827, 0.9545, 0.9973], atol=0.01)


@pytest.mark.parametrize(
    ("init_scale", "hidden_scale", "output_scale"),
    [
        (0.01, 0.01, 0.01),
        ("he", (2 / 4) ** 0.5, (2 / 3) ** 0.5),
        ("glorot", (2 / 7) ** 0.5, (2 / 5) ** 0.5),
        ("auto", (2 / 7) ** 0.5, (2 / 5) ** 0.5),
    ],
)
def test_rules_scale_the_same_draws(init_scale, hidden_scale, output_scale):
    params, standard = (drawn(SHAPE, scale) for scale in (init_scale, 1.0))
    assert_allclose(params.w_hidden, hidden_scale * standard.w_hidden, rtol=1e-14)
    assert_allclose(params.w_output, output_scale * standard.w_output, rtol=1e-14)
    assert not params.b_output.any()


def test_a_rule_draws_hidden_biases_like_weights_and_a_number_leaves_them_at_zero():
    for init_scale in ("auto", "he", "glorot"):
        params = drawn(NetworkShape(2, 20_000, 1), init_scale)
        assert_allclose(params.b_hidden.std(), params.w_hidden.std(), rtol=0.02)
    assert not drawn(SHAPE, 0.01).b_hidden.any()
