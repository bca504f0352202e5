"""Settings that are needed before NumPy is imported, and a fixture for several files."""

import os

import pytest

# With MKL, rounding depends on where arrays are in memory, so the same fit can end with other bits; not in
# this mode. The site says so to users, in guide/many_networks.
os.environ.setdefault("MKL_CBWR", "COMPATIBLE")
# Parallel workers share the cores. If each had several BLAS threads, these would mostly wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


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
