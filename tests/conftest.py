"""Settings that are needed before NumPy is imported, the selection of tests, fixtures for several files.

What imports NumPy is imported in functions.
"""

import os
from importlib.metadata import version

import pytest

# With MKL, rounding depends on where arrays are in memory, so the same fit can end with other bits; not in
# this mode. The site says so to users, in guide/many_networks.
os.environ.setdefault("MKL_CBWR", "COMPATIBLE")
# Parallel workers share the cores. If each had several BLAS threads, these would mostly wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

collect_ignore = ["typed_mistakes.py"]  # it raises, as its types say


def pytest_collection_modifyitems(config, items):
    """Leave out the tests that need what the system or the installed scikit-learn does not have.

    Those that start processes are the first, so that one worker has them all, and the processes are the same.
    """
    items.sort(key=lambda item: item.get_closest_marker("starts_processes") is None)
    marks = missing()
    left_out = [one for one in items if any(map(one.get_closest_marker, marks))]
    if left_out:
        items[:] = [one for one in items if one not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)


def pytest_report_header():
    """Say what is left out."""
    left_out = "".join(f", without the tests that are marked {mark}" for mark in missing())
    return f"scikit-learn {version('scikit-learn')}{left_out}"


def missing():
    """List the marks of tests that cannot run here."""
    from sknn_scratch._fitting.sklearn_versions import HAS_CALLBACKS

    has = {"needs_callbacks": HAS_CALLBACKS, "needs_fork": hasattr(os, "fork")}
    return [mark for mark, is_there in has.items() if not is_there]


@pytest.fixture
def all_is_large(monkeypatch):
    """Treat all batches of dense rows as large."""
    from sknn_scratch._core import blocks

    monkeypatch.setattr(blocks, "LARGE_ROWS", 0)
    monkeypatch.setattr(blocks, "LARGE_PRODUCT", 0)
