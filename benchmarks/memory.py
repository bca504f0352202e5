"""The memory of prediction and of training.

Every number is measured in a new process. "Arrays" is the memory that Python and NumPy have allocated at the
peak (tracemalloc). "Resident" is the growth of the resident memory of the process at its peak, as Linux
reports it, with the buffers of BLAS. The output itself is not counted. The process can use pages again that
were freed before, so "resident" may be less than "arrays", or 0. This works on Linux only.
"""

import resource
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harness import Options, Table, in_fresh_process, report_progress
from rivals import MLP, OURS, our_classifier, rival_named
from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier, VectorizedGridSearchCV
from work import Work, normal_table

MEGABYTE = 2**20
BLOCK = 2_000  # rows
PREDICTED_FEATURES, FITTED_FEATURES = 50, 500
BOTH = (OURS, MLP)


def answer(options: Options) -> Iterator[Table]:
    """Measure the memory of prediction, of fits, of many features, of searches, and of a fit from disk."""
    yield prediction_table(20_000 if options.quick else 1_000_000)
    yield copies_table(5_000 if options.quick else 100_000)
    yield features_table([2**12] if options.quick else [2**15, 2**18, 2**20])
    yield search_table(5_000 if options.quick else 200_000)
    yield disk_table(options.file_megabytes)


def binary_work(n_samples: int, n_features: int) -> Work:
    """Make a work with two classes and 64 units."""
    load = partial(normal_table, n_features=n_features, n_classes=2)
    return Work("", load, n_samples, n_hidden=64, batch_size=256)


# Prediction


def prediction_table(n_rows: int) -> Table:
    """Tabulate the peak of predict_proba beyond its output."""
    rows = []
    for dtype in ("float64", "float32"):
        for name in BOTH:
            report_progress(f"predict_proba, {name}, {dtype}")
            peaks = [in_fresh_process(peak, name, dtype, n_rows) for peak in (peak_of_arrays, peak_resident)]
            rows.append([f"{name}, {dtype}", *(f"{peak / MEGABYTE:.1f}" for peak in peaks)])
    return Table(
        f"Peak memory of predict_proba beyond its output, {n_rows:,} rows",
        ("", "arrays, MiB", "resident, MiB"),
        rows,
        f"{PREDICTED_FEATURES} features, 64 units, 2 classes; the default number of threads.",
    )


def peak_of_arrays(name: str, dtype: str, n_rows: int) -> float:
    """Measure what a prediction allocates beyond its output, bytes."""
    model, X = model_and_rows(name, dtype, n_rows)
    peak, output = traced_peak(partial(model.predict_proba, X))
    return peak - output.nbytes


def peak_resident(name: str, dtype: str, n_rows: int) -> float:
    """Measure by how much a prediction makes the process grow beyond its output, bytes."""
    model, X = model_and_rows(name, dtype, n_rows)
    growth, output = resident_growth(partial(model.predict_proba, X))
    return max(0, growth - output.nbytes)


def resident_growth(call: Callable[[], Any]) -> tuple[int, Any]:
    """Call, and measure by how much the process grows meanwhile, at its peak, bytes."""
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak to what is resident now
    before = process_bytes("VmRSS")
    result = call()
    return process_bytes("VmHWM") - before, result


def model_and_rows(name: str, dtype: str, n_rows: int) -> tuple[Any, Any]:
    """Train on a few rows, and give rows to predict."""
    X, y = binary_work(n_rows, PREDICTED_FEATURES).data(dtype)
    small = binary_work(BLOCK, PREDICTED_FEATURES)
    return rival_named(name).train(small, X[:BLOCK], y[:BLOCK]), X


def traced_peak(call: Callable[[], Any]) -> tuple[int, Any]:
    """Call, and measure the peak of what Python and NumPy allocate meanwhile, bytes."""
    tracemalloc.start()
    result = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, result


def process_bytes(field: str) -> int:
    """Read a size from the status of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith(f"{field}:")]
    return 1024 * int(kilobytes)


# Training


def copies_table(n_rows: int) -> Table:
    """Tabulate the peak of a fit in copies of X."""
    rows = []
    for layout in LAYOUTS:
        report_progress(f"fit, {layout}")
        copies = [in_fresh_process(copies_of_X, name, layout, n_rows) for name in BOTH]
        rows.append([layout, *(f"{number_of_copies:.2f}" for number_of_copies in copies)])
    return Table(
        f"Peak memory of a fit, in copies of X, {n_rows:,} rows",
        ("X", *BOTH),
        rows,
        f"{FITTED_FEATURES} features, 64 units, 2 classes, batch 256, one epoch; arrays, all others that a "
        "fit makes included; the default number of threads.",
    )


def copies_of_X(name: str, layout: str, n_rows: int) -> float:
    """Measure the peak of a fit, in sizes of X."""
    work = binary_work(n_rows, FITTED_FEATURES)
    X, y = work.data("float64")
    with tempfile.TemporaryDirectory() as directory:
        X = LAYOUTS[layout](X, Path(directory))
        peak, _ = traced_peak(partial(rival_named(name).train, work, X, y))
    return peak / n_bytes(X)


def memory_mapped(X: Any, directory: Path) -> Any:
    """Write X to a file, and map it into memory."""
    np.save(directory / "X.npy", X.astype(np.float32))
    return np.load(directory / "X.npy", mmap_mode="r")


LAYOUTS = {
    "float64, C order": lambda X, _: X,
    "float32, C order": lambda X, _: X.astype(np.float32),
    "float32, memory-mapped": memory_mapped,
    "float64, Fortran order": lambda X, _: np.asfortranarray(X),
    "int64": lambda X, _: (10 * X).astype(np.int64),
    "float32, CSR": lambda X, _: scipy.sparse.csr_array(np.where(X > 1, X, 0).astype(np.float32)),
}


def n_bytes(X: Any) -> int:
    """Count the bytes of a dense or a CSR matrix."""
    if isinstance(X, np.ndarray):
        return X.nbytes
    return X.data.nbytes + X.indices.nbytes + X.indptr.nbytes


# Few rows of many features

FEW_ROWS, WORDS = 300, 100


def features_table(numbers_of_features: list[int]) -> Table:
    """Tabulate the peak of fits of few rows with many features."""
    kinds = [*((hashed_rows, n_features) for n_features in numbers_of_features), (dense_rows, 20_000)]
    rows = []
    for load, n_features in kinds:
        name = f"{n_features:,}, {load.__name__.removesuffix('_rows')}"
        report_progress(f"{name} features")
        peaks = [in_fresh_process(peak_of_features, load, n_features, way) for way in WAYS]
        weights = 8 * n_features * ShallowNNClassifier().n_hidden
        rows.append([name, *(f"{one / MEGABYTE:,.0f}" for one in (weights, *peaks))])
    return Table(
        f"Peak memory of a fit of {FEW_ROWS} rows with many features, MiB",
        ("features", "weights", *WAYS),
        rows,
        f"float64, the default of 100 units, 2 classes, 10 epochs. A hashed row has {WORDS} values, and some "
        'thousand features occur. "Weights" are those of the hidden layer. Arrays, with these weights.',
    )


def hashed_rows(n_features: int) -> Any:
    """Draw sparse rows of words, whose frequencies follow Zipf's law."""
    rng = np.random.default_rng(0)
    words = n_features ** rng.random(FEW_ROWS * WORDS)
    ends = np.arange(FEW_ROWS + 1) * WORDS
    return scipy.sparse.csr_array(
        (rng.random(len(words)), words.astype(int) - 1, ends), (FEW_ROWS, n_features)
    )


def dense_rows(n_features: int) -> Any:
    """Draw dense rows."""
    return np.random.default_rng(0).standard_normal((FEW_ROWS, n_features))


def peak_of_features(load: Callable[[int], Any], n_features: int, way: str) -> float:
    """Measure the peak of a fit, in bytes."""
    X, y = load(n_features), np.arange(FEW_ROWS) % 2
    return traced_peak(partial(WAYS[way], X, y))[0]


def fit_with(**parameters: Any) -> Callable[[Any, Any], Any]:
    """Make a function that fits a classifier for a few epochs."""
    return ShallowNNClassifier(max_iter=10, random_state=0, **parameters).fit


def fit_two_parts(X: Any, y: Any) -> None:
    """Train further on a second part, when the network and the memory of its optimiser are there."""
    network = ShallowNNClassifier(random_state=0)
    for some in (slice(FEW_ROWS // 2), slice(FEW_ROWS // 2, None)):
        network.partial_fit(X[some], y[some], classes=[0, 1])


WAYS = {
    "lbfgs, alpha=1": fit_with(solver="lbfgs", alpha=1.0),
    "adam, alpha=1": fit_with(solver="adam", alpha=1.0),
    "partial_fit, twice": fit_two_parts,
    "ensemble of 4": ShallowNNEnsembleClassifier(n_networks=4, alpha=1.0, max_iter=10, random_state=0).fit,
}


# Searches


def search_table(n_rows: int) -> Table:
    """Tabulate the peak of a search in copies of X."""
    rows = []
    for has_scaler in (False, True):
        what = "StandardScaler and network" if has_scaler else "network"
        report_progress(f"search, {what}")
        peaks = [in_fresh_process(copies_of_search, Search, has_scaler, n_rows) for Search in SEARCHES]
        rows.append([what, *(f"{number_of_copies:.2f}" for number_of_copies in peaks)])
    return Table(
        f"Peak memory of a search, in copies of X, {n_rows:,} rows",
        ("", *(Search.__name__ for Search in SEARCHES)),
        rows,
        f"float64, {PREDICTED_FEATURES} features, 64 units, 2 classes, batch 256, one epoch, early stopping; "
        "two candidates, five folds, refit; arrays; the default number of threads.",
    )


def copies_of_search(Search: type, has_scaler: bool, n_rows: int) -> float:
    """Measure the peak of a search over two penalties, in sizes of X."""
    work = binary_work(n_rows, PREDICTED_FEATURES)
    X, y = work.data("float64")
    network = our_classifier(work, early_stopping=True)
    estimator, prefix = network, ""
    if has_scaler:
        estimator, prefix = make_pipeline(StandardScaler(), network), "shallownnclassifier__"
    search = Search(estimator, {f"{prefix}alpha": [0.1, 1.0]}, cv=5)
    peak, _ = traced_peak(partial(search.fit, X, y))
    return peak / X.nbytes


SEARCHES = (VectorizedGridSearchCV, GridSearchCV)


# Training from a file that is larger than the memory


def disk_table(file_megabytes: int) -> Table:
    """Tabulate who can train on a file that is four times as large as the allowed memory."""
    n_features, allowed = 256, file_megabytes * MEGABYTE // 4
    n_samples = file_megabytes * MEGABYTE // (4 * n_features)
    work = binary_work(n_samples, n_features)
    ways = {OURS: (OURS, "r"), MLP: (MLP, "r"), f"{OURS}, the file read into memory first": (OURS, None)}
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        path = write_rows(Path(directory, "X.npy"), n_samples, n_features)
        for way, (name, mmap_mode) in ways.items():
            report_progress(f"from disk, {way}")
            outcome = in_fresh_process(train_within, allowed, name, work, partial(np.load, path, mmap_mode))
            rows.append([way, outcome])
    return Table(
        f"Training on a memory-mapped file of {file_megabytes:,} MiB",
        ("", "outcome"),
        rows,
        f"float32, {n_samples:,} × {n_features}, 64 units, batch 256, one epoch. The process may allocate "
        f"{allowed // MEGABYTE:,} MiB (RLIMIT_DATA) beyond what it holds after its imports; pages of the "
        "file do not count. The default number of threads.",
    )


def write_rows(path: Path, n_samples: int, n_features: int) -> Path:
    """Write standard normal rows, float32, block by block."""
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n_samples, n_features))
    rng = np.random.default_rng(0)
    for start in range(0, n_samples, BLOCK):
        block = X[start : start + BLOCK]
        block[...] = rng.standard_normal(block.shape, dtype=np.float32)
    X.flush()
    return path


def train_within(allowed: int, name: str, work: Work, load: Callable[[], Any]) -> str:
    """Train under a limit on the memory of this process, and say how it ended."""
    limit = process_bytes("VmData") + allowed
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        X = load()
        y = (X[:, 0] > 0).astype(np.int8)
        model = rival_named(name).train(work, X, y)
    except MemoryError:
        return "out of memory"
    accuracy = np.mean(model.predict(X[:BLOCK]) == y[:BLOCK])
    return f"trained, accuracy {accuracy:.3f}"
