import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.blas import add_multiple, count_true, sum_of_squares

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
one_network_or_a_stack = pytest.mark.parametrize("networks", [(), (3,)])


@both_precisions
@one_network_or_a_stack
@pytest.mark.parametrize("own_scratch", [False, True])
def test_adds_a_multiple_in_place(dtype, networks, own_scratch):
    rng = np.random.default_rng(0)
    target, array = (rng.normal(size=(*networks, 7)).astype(dtype) for _ in range(2))
    scale = rng.normal(size=(*networks, 1)).astype(dtype) if networks else np.array(0.3, dtype)
    expected, array_before = target + scale * array, array.copy()
    add_multiple(target, scale, array, array if own_scratch else np.empty_like(array))
    assert target.dtype == dtype
    assert_allclose(target, expected, rtol=4 * np.finfo(dtype).eps)
    if not own_scratch:
        assert_array_equal(array, array_before)


@both_precisions
@one_network_or_a_stack
def test_a_part_of_a_buffer_is_written_and_no_more(dtype, networks):
    buffer, array = np.zeros((*networks, 10), dtype), np.ones((*networks, 10), dtype)
    add_multiple(buffer[..., :6], 0.5, array[..., :6], np.empty_like(array)[..., :6])
    assert_array_equal(buffer[..., :6], 0.5)
    assert_array_equal(buffer[..., 6:], 0)


@both_precisions
@one_network_or_a_stack
def test_only_the_first_entries_change(dtype, networks):
    rng = np.random.default_rng(0)
    target, array = rng.normal(size=(2, *networks, 9)).astype(dtype)
    before = target.copy()
    add_multiple(target, 0.5, array, np.empty_like(array), n=6)
    assert_array_equal(target[..., 6:], before[..., 6:])
    assert_allclose(target[..., :6], before[..., :6] + array[..., :6] / 2, rtol=1e-5)


@both_precisions
@one_network_or_a_stack
def test_squares_and_truths_are_summed_for_each_network(dtype, networks):
    array = np.random.default_rng(0).normal(size=(*networks, 4, 3)).astype(dtype)
    assert_allclose(sum_of_squares(array), (array**2).sum(axis=(-2, -1)), rtol=1e-5)
    assert_array_equal(count_true(array > 0), (array > 0).sum(axis=(-2, -1)))
