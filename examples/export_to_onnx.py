"""
From a network to ONNX
======================

`ONNX <https://onnx.ai>`_ is a file format for models. Its runtimes predict without
scikit-learn and this package: in Python, C++, C#, Java or JavaScript. After
``import sknn_scratch.onnx``, ``skl2onnx`` converts our estimators to such files, alone,
in a Pipeline or in another meta-estimator.

Needs ``pip install ".[onnx]" onnxruntime pandas``.
"""

# %%
# Export
# ------
# A Pipeline is converted as a whole. The second argument is a row of the data: it tells
# the number of features, and the precision in which the file computes. Without
# ``zipmap``, the probabilities are an array, not a list of dictionaries.

from pathlib import Path

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn_scratch.onnx  # noqa: F401 - registers the converters
from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    tabular_pipeline,
)


def export(model, X, path):
    """Write a fitted classifier to a file, for rows like X."""
    onnx_model = to_onnx(model, X[:1], options={"zipmap": False})
    Path(path).write_bytes(onnx_model.SerializeToString())


# %%
# ONNX has no dates. In the file, a date is its seconds since 1970 in UTC (Unix time),
# and a duration its seconds. So a table with them is converted first, for the export
# and for each prediction; NaN is a missing one.


def in_seconds(table):
    """Make float64 of all dates and durations of a data frame."""
    new = {}
    for name, column in table.items():
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.tz_convert(None)  # to UTC
        if column.dtype.kind == "M":
            new[name] = (column - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
        elif column.dtype.kind == "m":
            new[name] = column / pd.Timedelta(seconds=1)
    return table.assign(**new)


# %%
# Serve
# -----
# This script is all that the server needs, with ``pip install onnxruntime numpy``. It
# is run here in a process of its own, to show that it does not import this package.

SERVER = """
import sys
import numpy as np
import onnxruntime

path, rows, answers = sys.argv[1:]
session = onnxruntime.InferenceSession(path)
labels, probabilities = session.run(None, dict(np.load(rows)))
np.savez(answers, labels=labels, probabilities=probabilities)
print("sknn_scratch was imported:", "sknn_scratch" in sys.modules)
"""

# %%
# There and back
# --------------

import subprocess
import sys
from tempfile import TemporaryDirectory


def serve(path, inputs):
    """Predict with a file in a new process; return labels and probabilities."""
    with TemporaryDirectory() as directory:
        rows, answers = (
            Path(directory) / "rows.npz",
            Path(directory) / "answers.npz",
        )
        np.savez(rows, **inputs)
        subprocess.run(
            [sys.executable, "-c", SERVER, path, rows, answers], check=True
        )
        with np.load(answers) as found:
            return found["labels"], found["probabilities"]


def main():
    """Export classifiers of numbers and of a table, and compare the predictions."""
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)
    network = ShallowNNClassifier(activation="silu", random_state=0)
    models = {
        "network": network,
        "ensemble": ShallowNNEnsembleClassifier(n_networks=4, random_state=0),
        "calibrated network": CalibratedClassifierCV(network, cv=3),
    }
    for name, classifier in models.items():
        model = make_pipeline(StandardScaler(), classifier).fit(X, y)
        compare(name, model, X, X, {"X": X})
    visits, returned = make_visits()
    model = tabular_pipeline(random_state=0).fit(visits, returned)
    seconds = in_seconds(visits)
    columns = {name: seconds[[name]].to_numpy() for name in seconds}
    compare("table with dates", model, visits, seconds, columns)


def make_visits():
    """Make a table of visits to a shop, and whether the visitors came back."""
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(
        rng.uniform(0, 365, 800), "D"
    )
    minutes = pd.to_timedelta(rng.exponential(20, 800), "min")
    visits = pd.DataFrame(
        {"start": start.as_unit("us"), "stay": minutes.as_unit("us")}
    )
    return visits, (visits["start"].dt.day_of_week > 4) ^ (
        visits["stay"].dt.seconds > 900
    )


def compare(name, model, X, exported, inputs):
    """Export for rows like ``exported``, predict with the file, and compare."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "model.onnx"
        export(model, exported, path)
        labels, probabilities = serve(path, inputs)
        difference = np.abs(probabilities - model.predict_proba(X)).max()
        print(f"{name}: {path.stat().st_size / 1024:.0f} kB")
        print(f"largest difference of a probability: {difference:.0e}")
        print("same labels:", (labels == model.predict(X)).all())


if __name__ == "__main__":
    main()

# sphinx_gallery_thumbnail_path = "_static/thumbnails/onnx.svg"
