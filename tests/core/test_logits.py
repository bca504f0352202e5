from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.logits import (
    logistic_log_probabilities,
    softmax_log_probabilities,
    softmax_probabilities,
)
from tests.core import textbook

EXTREMES = [-1e4, -745, -40, -1, 0, 1e-9, 1, 40, 745, 1e4]
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def exact_log_probabilities(name, logits):
    """In fifty digits."""
    with localcontext(prec=50):
        z = [Decimal(float(value)) for value in logits]
        logs = textbook.log_softmax(z) if name == "softmax" else map(textbook.log_sigmoid, z)
        return [float(log) for log in logs]


@both_precisions
@pytest.mark.parametrize("name", ["logistic", "softmax"])
def test_probabilities_equal_exact_arithmetic(name, dtype):
    logits = np.array(np.meshgrid(EXTREMES, EXTREMES, [0.5]), dtype).reshape(3, -1).T
    before, accuracy = logits.copy(), 4 * np.finfo(dtype).eps
    compute = {"logistic": logistic_log_probabilities, "softmax": softmax_log_probabilities}[name]
    log_probabilities = compute(logits)
    exact = [exact_log_probabilities(name, row) for row in logits]
    assert log_probabilities.dtype == dtype
    assert_allclose(log_probabilities, exact, rtol=accuracy, atol=accuracy * 40)
    if name == "softmax":
        for row, probabilities, logs in zip(logits, softmax_probabilities(logits), exact, strict=True):
            rtol = accuracy * max(1, *abs(row))
            assert_allclose(probabilities, np.exp(logs), rtol=rtol, atol=np.finfo(dtype).tiny)
    assert_array_equal(logits, before)


@both_precisions
@pytest.mark.parametrize("n_rows", [1, 1024, 1025, 3000])
def test_softmax_probabilities_of_any_number_of_rows(dtype, n_rows):
    logits = np.random.default_rng(0).normal(scale=3, size=(n_rows, 3)).astype(dtype)
    probabilities = softmax_probabilities(logits)
    assert probabilities.dtype == dtype
    assert_allclose(probabilities, np.exp(softmax_log_probabilities(logits)), rtol=1e-5)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=8 * np.finfo(dtype).eps)
