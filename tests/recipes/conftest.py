"""How cases of scikit-learn's tests are run in which ours behaves in another way on purpose."""

import pytest

from tests.recipes.mlp_adapter import DIFFERENCES


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Expect that a case of ``DIFFERENCES`` does not hold; else its reason is out of date."""
    is_difference = pyfuncitem.path.name == "test_mlp_cases.py" and pyfuncitem.name in DIFFERENCES
    try:
        result = yield
    except (Exception, pytest.fail.Exception):
        if is_difference:
            return True
        raise
    assert not is_difference, f"it holds now: take it out of DIFFERENCES, {DIFFERENCES[pyfuncitem.name]!r}"
    return result
