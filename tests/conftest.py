"""Settings that are needed before NumPy is imported, the selection of tests, a fixture for several files."""

import os
from importlib.metadata import version

import pytest

# With MKL, rounding depends on where arrays are in memory, so the same fit can end with other bits; not in
# this mode. The site says so to users, in guide/many_networks.
os.environ.setdefault("MKL_CBWR", "COMPATIBLE")
# Parallel workers share the cores. If each had several BLAS threads, these would mostly wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(config, items):
    """Leave out the tests that need what the installed scikit-learn does not have."""
    left_out = [] if has_callbacks() else [one for one in items if one.get_closest_marker("needs_callbacks")]
    if left_out:
        items[:] = [one for one in items if one not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)


def pytest_report_header():
    """Say what is left out."""
    left_out = "" if has_callbacks() else ", without the tests of callbacks, which are new in 1.9"
    return f"scikit-learn {version('scikit-learn')}{left_out}"


def has_callbacks():
    """Whether the installed scikit-learn has callbacks."""
    from sknn_scratch._fitting.sklearn_private import HAS_CALLBACKS  # it imports NumPy

    return HAS_CALLBACKS


@pytest.fixture
def groups(monkeypatch):
    """Count the networks of every group that is trained together."""
    from sknn_scratch._search import meeting  # it imports NumPy

    sizes = []

    def train_group(group, original=meeting.train_group):
        sizes.append(len(group))
        original(group)

    monkeypatch.setattr(meeting, "train_group", train_group)
    return sizes
