from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.logits import (
    logistic_log_probabilities,
    softmax_log_probabilities,
    softmax_probabilities,
)
from sknn_scratch._core.losses import (
    LOSSES,
    Huber,
    Loss,
    Quantile,
    ResidualLoss,
    SquaredError,
    Targets,
)
from tests.helpers import LOSS_PARAMETERS, assert_gradient, evaluate_loss, make_loss

EXTREMES = [-1e4, -745, -40, -1, 0, 1e-9, 1, 40, 745, 1e4]

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_loss = pytest.mark.parametrize("name", LOSSES)

LOG_PROBABILITIES = {"logistic": logistic_log_probabilities, "softmax": softmax_log_probabilities}
every_classification_loss = pytest.mark.parametrize("name", LOG_PROBABILITIES)


def random_signs(rng, size):
    return rng.choice([-1.0, 1.0], size=size)


def random_classes(rng, size):
    return np.eye(size[-1])[rng.integers(size[-1], size=size[:-1])]


def random_numbers(rng, size):
    return rng.normal(size=size)


def random_counts(rng, size):
    return rng.poisson(1.0, size=size).astype(float)


# What random targets of each loss are; one that is added needs a line here and in EXACT.
RANDOM_TARGETS = {
    "logistic": random_signs,
    "softmax": random_classes,
    "squared_error": random_numbers,
    "absolute_error": random_numbers,
    "huber": random_numbers,
    "poisson": random_counts,
    "quantile": random_numbers,
}


def random_logits_and_targets(name, size=(6, 3), scale=3.0, dtype=np.float64):
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=scale, size=size).astype(dtype)
    return logits, RANDOM_TARGETS[name](rng, size).astype(dtype)


# --- In fifty digits, for one row ---


def exact_log_sigmoid(z):
    return -(1 + (-z).exp()).ln()


def exact_log_softmax(z):
    log_sum = sum(value.exp() for value in z).ln()
    return [value - log_sum for value in z]


def exact_log_probabilities(name, logits):
    with localcontext(prec=50):
        z = [Decimal(float(value)) for value in logits]
        return exact_log_softmax(z) if name == "softmax" else [exact_log_sigmoid(value) for value in z]


def exact_logistic(z, t):
    """The log-probability of the label that it is, yes or no; the gradient is p - 1 or p."""
    loss = -sum(exact_log_sigmoid(y if label > 0 else -y) for y, label in zip(z, t, strict=True))
    p = [exact_log_sigmoid(y).exp() for y in z]
    return loss, [value - (label > 0) for value, label in zip(p, t, strict=True)]


def exact_softmax(z, t):
    log_p = exact_log_softmax(z)
    loss = -sum(value * log for value, log in zip(t, log_p, strict=True))
    return loss, [log.exp() - value for value, log in zip(t, log_p, strict=True)]


def exact_of_outputs(loss_and_slope):
    """Make of the exact loss and slope of one output those of a row."""

    def exact(z, t):
        losses, gradient = zip(*map(loss_and_slope, z, t), strict=True)
        return sum(losses), gradient

    return exact


def exact_squared(y, t):
    return (y - t) ** 2 / 2, y - t


def exact_absolute(y, t):
    return abs(y - t), (y > t) - (y < t)


def exact_huber(y, t):
    r, delta = y - t, Decimal(LOSS_PARAMETERS["huber_delta"])
    if abs(r) <= delta:
        return r**2 / 2, r
    return delta * (abs(r) - delta / 2), delta.copy_sign(r)


def exact_poisson(y, t):
    return y.exp() - t - t * y + (t * t.ln() if t else 0), y.exp() - t


def exact_quantile(y, t):
    q = Decimal(LOSS_PARAMETERS["quantile"])
    if y == t:
        return Decimal(0), Decimal("0.5") - q
    return (q * (t - y), -q) if y < t else ((1 - q) * (y - t), 1 - q)


EXACT = {
    "logistic": exact_logistic,
    "softmax": exact_softmax,
    "squared_error": exact_of_outputs(exact_squared),
    "absolute_error": exact_of_outputs(exact_absolute),
    "huber": exact_of_outputs(exact_huber),
    "poisson": exact_of_outputs(exact_poisson),
    "quantile": exact_of_outputs(exact_quantile),
}


def exact_loss_and_gradient(name, logits, targets):
    with localcontext(prec=50):
        z, t = ([Decimal(float(value)) for value in values] for values in (logits, targets))
        loss, gradient = EXACT[name](z, t)
        return float(loss), [float(value) for value in gradient]


def extreme_logits(name, dtype):
    """Logits (n, n_outputs) of extreme values."""
    if name == "poisson":
        return np.array(EXTREMES[:-2], dtype)[:, np.newaxis]
    if name != "softmax":
        return np.array(EXTREMES, dtype)[:, np.newaxis]
    return np.array(np.meshgrid(EXTREMES, EXTREMES, [0.5]), dtype).reshape(3, -1).T


def extreme_rows(name, dtype):
    """Logits (n, n_outputs) of extreme values and all their targets."""
    logits = extreme_logits(name, dtype)
    if name == "logistic":
        targets = np.ones_like(logits)
        return np.concatenate([logits, logits]), np.concatenate([targets, -targets])
    if name != "softmax":
        targets = [0.0, 0.5, 1.0] if name == "poisson" else [0.0, 0.75, -1e3]
        return np.tile(logits, (3, 1)), np.repeat(np.array(targets, dtype), len(logits))[:, np.newaxis]
    return np.concatenate([logits] * 3), np.repeat(np.eye(3, dtype=dtype), len(logits), axis=0)


@both_precisions
@every_loss
def test_extremes_equal_exact_arithmetic(name, dtype):
    for logits, targets in zip(*extreme_rows(name, dtype), strict=True):
        loss, gradient = evaluate_loss(name, logits[np.newaxis], targets[np.newaxis])
        exact_loss, exact_gradient = exact_loss_and_gradient(name, logits, targets)
        accuracy = 4 * np.finfo(dtype).eps
        scale = max(1, *abs(logits))
        assert loss.dtype == gradient.dtype == dtype
        # Of the logistic loss even the smallest values have all their digits.
        smallest = np.finfo(dtype).tiny if name == "logistic" else accuracy
        assert_allclose(loss, exact_loss, rtol=accuracy, atol=smallest * scale)
        assert_allclose(gradient[0], exact_gradient, rtol=accuracy * scale, atol=smallest)


def test_every_loss_has_an_exact_formula_and_targets():
    assert EXACT.keys() == RANDOM_TARGETS.keys() == LOSSES.keys()


@both_precisions
@every_classification_loss
def test_log_probabilities_equal_exact_arithmetic(name, dtype):
    logits = extreme_logits(name, dtype)
    log_probabilities = LOG_PROBABILITIES[name](logits)
    exact = [[float(log) for log in exact_log_probabilities(name, row)] for row in logits]
    assert log_probabilities.dtype == dtype
    accuracy = 4 * np.finfo(dtype).eps
    assert_allclose(log_probabilities, exact, rtol=accuracy, atol=accuracy * 40)


@every_loss
@pytest.mark.parametrize("size", [(6, 3), (2, 6, 3), (6, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_equals_central_differences(name, size, weighted):
    logits, targets = random_logits_and_targets(name, size)
    weights = np.random.default_rng(1).uniform(size=size[:-1]) if weighted else 0.25

    def value(flat):
        return evaluate_loss(name, flat.reshape(size), targets, weights)[0]

    _, gradient = evaluate_loss(name, logits, targets, weights)
    assert_gradient(value, logits.reshape(*size[:-2], -1), gradient.reshape(*size[:-2], -1))


@both_precisions
@every_loss
def test_the_total_of_extremes_overflows_in_silence(name, dtype):
    """Whoever validates need not know that the gradient is computed, too."""
    logits, targets = extreme_rows(name, dtype)
    weights = np.linspace(0.5, 1.5, len(logits), dtype=dtype)
    total = make_loss(name).total(logits.T.copy(), Targets.of(targets, weights))
    assert total == pytest.approx(evaluate_loss(name, logits, targets, weights)[0], rel=1e-6)


@every_loss
def test_stacked_logits_give_a_loss_for_each_network(name):
    logits, targets = random_logits_and_targets(name, (4, 6, 3))
    losses, gradients = evaluate_loss(name, logits, targets, 0.5)
    assert losses.shape == (4,)
    for k in range(4):
        loss, gradient = evaluate_loss(name, logits[k], targets[k], 0.5)
        assert losses[k] == pytest.approx(loss, rel=1e-14)
        assert_allclose(gradients[k], gradient, rtol=1e-14)


@every_loss
def test_stacked_networks_may_share_their_targets(name):
    logits, targets = random_logits_and_targets(name, (4, 6, 3))
    shared = targets[0]
    losses, gradients = evaluate_loss(name, logits, shared)
    same_losses, same_gradients = evaluate_loss(name, logits, np.stack([shared] * 4))
    assert_array_equal(losses, same_losses)
    assert_array_equal(gradients, same_gradients)


@every_classification_loss
def test_log_probabilities_leave_the_logits_alone(name):
    logits, _ = random_logits_and_targets(name)
    before = logits.copy()
    assert not np.shares_memory(LOG_PROBABILITIES[name](logits), logits)
    assert_array_equal(logits, before)


@both_precisions
@pytest.mark.parametrize("n_rows", [1, 1024, 1025, 3000])
def test_softmax_probabilities_of_any_number_of_rows(dtype, n_rows):
    logits, _ = random_logits_and_targets("softmax", (n_rows, 3), dtype=dtype)
    before = logits.copy()
    probabilities = softmax_probabilities(logits)
    assert_array_equal(logits, before)
    assert probabilities.dtype == dtype
    assert_allclose(probabilities, np.exp(softmax_log_probabilities(logits)), rtol=1e-5)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=8 * np.finfo(dtype).eps)


@both_precisions
def test_softmax_probabilities_equal_exact_arithmetic(dtype):
    logits = extreme_logits("softmax", dtype)
    exact = [[float(log.exp()) for log in exact_log_probabilities("softmax", row)] for row in logits]
    accuracy, tiny = 4 * np.finfo(dtype).eps, np.finfo(dtype).tiny
    for row, exact_row in zip(logits, exact, strict=True):
        scale = max(1, *abs(row))
        assert_allclose(softmax_probabilities(row[np.newaxis])[0], exact_row, accuracy * scale, atol=tiny)


# --- Losses as values ---


def test_losses_are_equal_if_their_numbers_are():
    assert Quantile(0.9) == Quantile(0.9)
    assert len({Quantile(0.1), Quantile(0.9), Quantile(0.9), Huber(0.9), SquaredError(), SquaredError()}) == 4


def test_poisson_overflows_to_infinity():
    loss = make_loss("poisson").total(np.array([[1e4]]), Targets.of(np.array([[1.0]]), np.ones(1)))
    assert loss == np.inf


@pytest.mark.parametrize("method", ["gradient", "of_rows", "slope", "of_residuals"])
def test_a_loss_that_is_none_refuses_to_be_evaluated(method):
    loss = ResidualLoss() if method in ("slope", "of_residuals") else Loss()
    arguments = [None] * {"gradient": 3, "of_rows": 2, "slope": 1, "of_residuals": 1}[method]
    with pytest.raises(NotImplementedError):
        getattr(loss, method)(*arguments)


# --- Targets ---


@both_precisions
@pytest.mark.parametrize("networks", [(), (2,)])
def test_targets_are_arranged_by_output_and_weighted_by_row(dtype, networks):
    rng = np.random.default_rng(0)
    targets, row_weights = rng.normal(size=(*networks, 6, 3)).astype(dtype), rng.random((*networks, 6))
    arranged = Targets.of(targets, row_weights)
    assert {array.dtype.type for array in arranged} == {dtype}
    assert_array_equal(arranged.values, targets.mT)
    assert_array_equal(arranged.shares[..., 0, :], row_weights.astype(dtype))
    assert_array_equal(arranged.weighted, arranged.values * arranged.shares)


def test_a_block_of_targets_has_its_rows():
    targets, row_weights = np.arange(18.0).reshape(6, 3), np.arange(6.0)
    block = Targets.of(targets, row_weights).take(slice(2, 5))
    for array, expected in zip(block, Targets.of(targets[2:5], row_weights[2:5]), strict=True):
        assert_array_equal(array, expected)
