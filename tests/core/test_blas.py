import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.blas import add_multiple

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
