import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.blas import (
    add_multiples,
    add_row,
    count_nonzero,
    decay_and_add,
    multiply_each,
    norm,
)

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
one_network_or_a_stack = pytest.mark.parametrize("networks", [(), (3,)])


@both_precisions
@pytest.mark.parametrize("n_networks", [1, 3])
@pytest.mark.parametrize(("start", "n"), [(0, None), (0, 5), (2, 4)])
def test_adds_a_multiple_to_each_network_in_place(dtype, n_networks, start, n):
    rng = np.random.default_rng(0)
    target, array = rng.normal(size=(2, n_networks, 7)).astype(dtype)
    scales, array_before = rng.normal(size=n_networks).tolist(), array.copy()
    expected = target.copy()
    part = np.s_[:, start : None if n is None else start + n]
    expected[part] += np.array(scales, dtype)[:, np.newaxis] * array[part]
    add_multiples(target.reshape(-1), scales, array.reshape(-1), start, n)
    assert target.dtype == dtype
    assert_allclose(target, expected, rtol=8 * np.finfo(dtype).eps)
    assert_array_equal(array, array_before)


@both_precisions
@pytest.mark.parametrize("n_params", [1, 7, 63, 64, 65, 1000])
def test_a_network_is_rounded_as_if_it_were_alone(dtype, n_params):
    rng = np.random.default_rng(0)
    target, array = rng.normal(size=(2, 5, n_params)).astype(dtype)
    scales, alone = rng.normal(size=5).tolist(), target.copy()
    add_multiples(target.reshape(-1), scales, array.reshape(-1))
    for row, scale, of_network in zip(alone, scales, array, strict=True):
        add_multiples(row, [scale], of_network)
    assert_array_equal(target, alone)


@both_precisions
def test_a_part_of_a_buffer_is_written_and_no_more(dtype):
    buffer, array = np.zeros(10, dtype), np.ones(10, dtype)
    add_multiples(buffer[:6], [0.5], array[:6])
    assert_array_equal(buffer[:6], 0.5)
    assert_array_equal(buffer[6:], 0)


@both_precisions
@pytest.mark.parametrize("scales", [[0.5], [0.5, 0.0, 3.0]])
def test_multiplies_each_network_in_place(dtype, scales):
    target = np.random.default_rng(0).normal(size=(len(scales), 7)).astype(dtype)
    expected = target * np.array(scales, dtype)[:, np.newaxis]
    multiply_each(target.reshape(-1), scales)
    assert_array_equal(target, expected)


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
def test_norms_are_those_of_each_network(dtype, networks):
    vectors = np.random.default_rng(0).normal(size=(*networks, 12)).astype(dtype)
    assert_allclose(norm(vectors), np.linalg.norm(vectors, axis=-1), rtol=1e-6)
    assert_allclose(norm(np.full((*networks, 2), [3, 4], dtype)), np.full(networks, 5.0), rtol=1e-14)


@one_network_or_a_stack
def test_what_is_not_zero_is_counted_for_each_network(networks):
    numbers = np.random.default_rng(0).integers(-1, 2, size=(*networks, 4, 3))
    assert_array_equal(count_nonzero(numbers > 0), (numbers > 0).sum(axis=(-2, -1)))
    assert_array_equal(count_nonzero(numbers.astype(float)), (numbers != 0).sum(axis=(-2, -1)))
