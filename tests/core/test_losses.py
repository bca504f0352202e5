import functools
import itertools
from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtri

from sknn_scratch._core.loss import SMOOTHING, Targets, sum_over_outputs
from sknn_scratch._core.losses import LOSSES, SquaredError
from sknn_scratch._core.robust import AbsoluteError, Huber, Quantile, signed_root, undo_signed_root
from tests.core import textbook
from tests.core.textbook import EXTREMES
from tests.helpers import LOSS_PARAMETERS, assert_gradient, both_precisions, evaluate_loss, make_loss

every_loss = pytest.mark.parametrize("name", LOSSES)


# --- In fifty digits, for one row ---


def exact_logistic(z, t):
    """The log-probability of the label that it is, yes or no; the gradient is p - 1 or p."""
    loss = -sum(textbook.log_sigmoid(f if label > 0 else -f) for f, label in zip(z, t, strict=True))
    p = [textbook.log_sigmoid(f).exp() for f in z]
    return loss, [value - (label > 0) for value, label in zip(p, t, strict=True)]


def exact_softmax(z, t):
    log_p = textbook.log_softmax(z)
    loss = -sum(value * log for value, log in zip(t, log_p, strict=True))
    return loss, [log.exp() - value for value, log in zip(t, log_p, strict=True)]


def exact_of_outputs(loss_and_slope):
    """Make of the exact loss and slope of one output those of a row."""

    def exact(z, t):
        losses, gradient = zip(*map(loss_and_slope, z, t), strict=True)
        return sum(losses), gradient

    return exact


def exact_huber(f, t):
    r, delta = f - t, Decimal(LOSS_PARAMETERS["huber_delta"])
    if abs(r) <= delta:
        return r**2 / 2, r
    return delta * (abs(r) - delta / 2), delta.copy_sign(r)


def exact_quantile(f, t):
    q = Decimal(LOSS_PARAMETERS["quantile"])
    if f == t:
        return Decimal(0), Decimal("0.5") - q
    return (q * (t - f), -q) if f < t else ((1 - q) * (f - t), 1 - q)


EXACT = {
    "logistic": exact_logistic,
    "softmax": exact_softmax,
    "squared_error": exact_of_outputs(lambda f, t: ((f - t) ** 2 / 2, f - t)),
    "absolute_error": exact_of_outputs(lambda f, t: (abs(f - t), (f > t) - (f < t))),
    "huber": exact_of_outputs(exact_huber),
    "poisson": exact_of_outputs(lambda f, t: (f.exp() - t - t * f + (t * t.ln() if t else 0), f.exp() - t)),
    "gamma": exact_of_outputs(lambda f, t: (t * (-f).exp() - 1 - t.ln() + f, 1 - t * (-f).exp())),
    "quantile": exact_of_outputs(exact_quantile),
}


def extreme_rows(name, dtype):
    """Logits (n, n_outputs) of extreme values and all their targets."""
    if name == "softmax":
        logits = np.array(np.meshgrid(EXTREMES, EXTREMES, [0.5]), dtype).reshape(3, -1).T
        return np.concatenate([logits] * 3), np.repeat(np.eye(3, dtype=dtype), len(logits), axis=0)
    values = {"poisson": EXTREMES[:-2], "gamma": EXTREMES[2:]}.get(name, EXTREMES)
    targets = {"logistic": [1.0, -1.0], "poisson": [0.0, 0.5, 1.0], "gamma": [0.5, 1.0, 1e3]}
    targets = targets.get(name, [0.0, 0.75, -1e3])
    return np.array(list(itertools.product(values, targets)), dtype).T[..., np.newaxis]


@both_precisions
@every_loss
def test_extremes_equal_exact_arithmetic(name, dtype):
    for logits, targets in zip(*extreme_rows(name, dtype), strict=True):
        loss, gradient = evaluate_loss(name, logits[np.newaxis], targets[np.newaxis])
        with localcontext(prec=50):
            z, t = ([Decimal(float(value)) for value in values] for values in (logits, targets))
            exact_loss, exact_gradient = EXACT[name](z, t)
        accuracy = 4 * np.finfo(dtype).eps
        scale = max(1, *abs(logits))
        assert loss.dtype == gradient.dtype == dtype
        # Of the logistic loss even the smallest values have all their digits.
        smallest = np.finfo(dtype).tiny if name == "logistic" else accuracy
        assert_allclose(loss, float(exact_loss), rtol=accuracy, atol=smallest * scale)
        assert_allclose(gradient[0], np.array(exact_gradient, float), rtol=accuracy * scale, atol=smallest)


@every_loss
def test_rows_of_a_stack_count_by_their_shares(name):
    outputs, targets = (np.stack([rows, rows[::-1]]) for rows in extreme_rows(name, np.float64))
    shares = np.random.default_rng(0).uniform(size=outputs.shape[:-1])
    total, gradient = evaluate_loss(name, outputs, targets, shares)
    rows = [one.reshape(-1, 1, one.shape[-1]) for one in (outputs, targets)]
    losses, gradients = zip(*(evaluate_loss(name, *row) for row in zip(*rows, strict=True)), strict=True)
    assert_allclose(total, np.sum(np.reshape(losses, shares.shape) * shares, axis=-1), rtol=1e-12)
    expected = np.reshape(gradients, outputs.shape) * shares[..., np.newaxis]
    assert_allclose(gradient, expected, rtol=1e-12, atol=1e-15)  # as exp(1e-9) - 1


# --- Losses as values ---


def test_losses_are_equal_if_their_numbers_are():
    assert Quantile(0.9) == Quantile(0.9)
    assert len({Quantile(0.1), Quantile(0.9), Quantile(0.9), Huber(0.9), SquaredError(), SquaredError()}) == 4


@pytest.mark.parametrize("quantiles", [(0.2,), (0.1, 0.5, 0.9), (0.01, 0.02, 0.3, 0.9), (0.6, 0.7)])
def test_several_quantiles_do_not_cross_and_have_the_sum_of_the_losses_of_each(quantiles):
    rng, loss, n = np.random.default_rng(0), Quantile.of(quantile=quantiles), len(quantiles)
    outputs, y = rng.normal(scale=3, size=(2, n, 50)), rng.normal(size=50)
    found = loss.quantiles_of(outputs)
    assert (np.diff(found, axis=-2) >= 0).all()
    assert_allclose(loss.quantiles_of(loss.outputs_of(found)), found, rtol=1e-12)
    far = (1e4 * found).astype(np.float32)  # exp(gap) would overflow
    assert_allclose(loss.quantiles_of(loss.outputs_of(far)), far, rtol=1e-5)
    of_normal = signed_root(ndtri(quantiles))[:, np.newaxis]
    middle = of_normal[loss.middle] * np.eye(n)[:, :1]
    assert_allclose(loss.quantiles_of(middle), of_normal, rtol=1e-12, atol=1e-15)
    targets = Targets.of(np.broadcast_to(y[:, np.newaxis], (2, 50, n)), np.full((2, 50), 0.25))
    for one in (loss, loss.smoothed):
        each = [Quantile(q, smoothing=one.smoothing) for q in quantiles]
        parts = [part.of_residuals(found[:, i] - y) / 4 for i, part in enumerate(each)]
        assert_allclose(one.of_rows(outputs, targets), sum(parts), rtol=1e-12)
        gradient = np.empty_like(outputs)
        one.gradient(outputs, targets, gradient)
        flat = outputs.reshape(2, -1)
        assert_gradient(
            lambda z, one=one: one.total(z.reshape(-1, n, 50), targets), flat, gradient.reshape(2, -1)
        )


def test_a_signed_root_keeps_the_digits_and_its_inverse_gives_them_back():
    z = np.array([-1e300, -1e8, -5.0, -1.0, -1e-9, 0.0, 1e-300, 0.5, 2.5, 1e16])
    roots = signed_root(z)
    assert_array_equal(roots[2:-1], [-3.0, -1.0, -1e-9, 0.0, 1e-300, 0.5, 2.0])
    assert_allclose(roots[[0, -1]], [-(2**0.5) * 1e150, 2**0.5 * 1e8])
    assert (np.diff(roots) > 0).all()
    assert_allclose(undo_signed_root(roots), z, rtol=1e-14)


def test_poisson_overflows_to_infinity():
    assert make_loss("poisson").total(np.array([[1e4]]), Targets.of(np.ones((1, 1)), np.ones(1))) == np.inf


@pytest.mark.parametrize("loss", [AbsoluteError(), Quantile(0.5), Quantile(0.9)])
def test_a_smoothed_loss_has_no_kink_and_is_nearly_the_same(loss):
    residuals = np.linspace(-1, 1, 2001)[np.newaxis]
    values, smooth = loss.of_residuals(residuals), loss.smoothed.of_residuals(residuals)
    assert_allclose(smooth, values, atol=SMOOTHING / 2 + 1e-12)
    slopes = residuals.copy()
    loss.smoothed.differentiate(slopes)
    assert_allclose(slopes[:, 1:-1], (smooth[:, 2:] - smooth[:, :-2]) / 2e-3, atol=1e-2)
    assert np.abs(np.diff(slopes)).max() < 0.02  # that of the loss itself jumps
    assert loss.smoothed == loss.smoothed


@pytest.mark.parametrize("shape", [(26, 100), (3, 26, 7), (26, 1), (3, 10, 1), (1, 5), (2, 9000)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_outputs_are_summed_one_after_the_other_however_many_samples_there_are(shape, order):
    values = np.asarray(np.random.default_rng(0).normal(size=shape), order=order)
    expected = functools.reduce(np.add, np.moveaxis(values, -2, 0))
    assert_array_equal(sum_over_outputs(values), expected)
