import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.blas import add_multiple, add_row, count_true, decay_and_add, inner_product

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
one_scale_or_many = pytest.mark.parametrize("n_scales", [None, 7])
one_network_or_a_stack = pytest.mark.parametrize("networks", [(), (3,)])


@both_precisions
@one_scale_or_many
@pytest.mark.parametrize("own_scratch", [False, True])
def test_adds_a_multiple_in_place(dtype, n_scales, own_scratch):
    rng = np.random.default_rng(0)
    target, array = rng.normal(size=(2, 7)).astype(dtype)
    scale = rng.normal(size=n_scales).astype(dtype) if n_scales else 0.3
    expected, array_before = target + scale * array, array.copy()
    add_multiple(target, scale, array, array if own_scratch else np.empty_like(array))
    assert target.dtype == dtype
    assert_allclose(target, expected, rtol=4 * np.finfo(dtype).eps)
    if not own_scratch:
        assert_array_equal(array, array_before)


@both_precisions
@one_scale_or_many
def test_a_part_of_a_buffer_is_written_and_no_more(dtype, n_scales):
    buffer, array = np.zeros(10, dtype), np.ones(10, dtype)
    scale = np.full(n_scales, 0.5, dtype)[:6] if n_scales else 0.5
    add_multiple(buffer[:6], scale, array[:6], np.empty_like(array)[:6])
    assert_array_equal(buffer[:6], 0.5)
    assert_array_equal(buffer[6:], 0)


@both_precisions
@one_scale_or_many
def test_only_the_first_entries_change(dtype, n_scales):
    rng = np.random.default_rng(0)
    target, array = rng.normal(size=(2, 7)).astype(dtype)
    scale = np.full(n_scales, 0.5, dtype) if n_scales else 0.5
    before = target.copy()
    add_multiple(target, scale, array, np.empty_like(array), n=5)
    assert_array_equal(target[5:], before[5:])
    assert_allclose(target[:5], before[:5] + array[:5] / 2, rtol=1e-5)


@both_precisions
@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_decays_and_adds_in_place(dtype, decay):
    target, array = np.random.default_rng(0).normal(size=(2, 7)).astype(dtype)
    expected, array_before = decay * target + array, array.copy()
    decay_and_add(target, decay, array)
    assert target.dtype == dtype
    assert_allclose(target, expected, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    assert_array_equal(array, array_before)


@both_precisions
@one_network_or_a_stack
@pytest.mark.parametrize("n_columns", [1, 3])
def test_adds_a_row_to_every_row_in_place(dtype, networks, n_columns):
    rng = np.random.default_rng(0)
    target = rng.normal(size=(*networks, 4, n_columns)).astype(dtype)
    row = rng.normal(size=(*networks, 1, n_columns)).astype(dtype)
    expected, row_before, ones = target + row, row.copy(), np.ones((1, 4), dtype)
    add_row(target, row, ones)
    assert target.dtype == dtype
    assert_allclose(target, expected, rtol=4 * np.finfo(dtype).eps)
    assert_array_equal(row, row_before)
    assert_array_equal(ones, 1)


@both_precisions
@one_network_or_a_stack
def test_products_and_truths_are_summed_for_each_network(dtype, networks):
    a, b = np.random.default_rng(0).normal(size=(2, *networks, 4, 3)).astype(dtype)
    assert_allclose(inner_product(a, b), (a * b).sum(axis=(-2, -1)), rtol=1e-5)
    assert_allclose(inner_product(a.mT, b.mT), (a * b).sum(axis=(-2, -1)), rtol=1e-5)
    assert_array_equal(count_true(a > 0), (a > 0).sum(axis=(-2, -1)))
