"""How figures are drawn in the tests: without a window, after a short training, on a slow machine."""

import itertools
import types
import warnings

import matplotlib
import matplotlib.legend
import matplotlib.pyplot as plt
import pytest
from sklearn.exceptions import ConvergenceWarning

plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def _every_figure(monkeypatch):
    # Matplotlib warns if it took over a second to find a place for a legend that it was not asked to find.
    every_call_takes_two_seconds = itertools.count(0, 2)
    clock = types.SimpleNamespace(perf_counter=lambda: next(every_call_takes_two_seconds))
    monkeypatch.setattr(matplotlib.legend, "time", clock)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        yield
    plt.close("all")
