"""
From a network to ONNX
======================

`ONNX <https://onnx.ai>`_ is a file format for models. Its runtimes predict without
scikit-learn and this package: in Python, C++, C#, Java or JavaScript. After
``import sknn_scratch.onnx``, ``skl2onnx`` converts our estimators to such files, alone,
in a Pipeline or in another meta-estimator.

Needs ``pip install ".[onnx]" onnxruntime``.
"""

# %%
# Export
# ------
# A Pipeline is converted as a whole. The second argument is a row of the data: it tells
# the number of features, and the precision in which the file computes. Without
# ``zipmap``, the probabilities are an array, not a list of dictionaries.

from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn_scratch.onnx  # noqa: F401 - registers the converters
from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier


def export(model, X, path):
    """Write a fitted classifier to a file, for rows like X."""
    onnx_model = to_onnx(model, X[:1], options={"zipmap": False})
    Path(path).write_bytes(onnx_model.SerializeToString())


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
labels, probabilities = session.run(None, {"X": np.load(rows)})
np.savez(answers, labels=labels, probabilities=probabilities)
print("sknn_scratch was imported:", "sknn_scratch" in sys.modules)
"""

# %%
# There and back
# --------------

import subprocess
import sys
from tempfile import TemporaryDirectory


def serve(path, X):
    """Predict with a file in a new process; return labels and probabilities."""
    with TemporaryDirectory() as directory:
        rows, answers = (
            Path(directory) / "rows.npy",
            Path(directory) / "answers.npz",
        )
        np.save(rows, X)
        subprocess.run(
            [sys.executable, "-c", SERVER, path, rows, answers], check=True
        )
        with np.load(answers) as found:
            return found["labels"], found["probabilities"]


def main():
    """Export three classifiers, and compare the predictions."""
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)
    network = ShallowNNClassifier(activation="silu", random_state=0)
    models = {
        "network": network,
        "ensemble": ShallowNNEnsembleClassifier(n_networks=4, random_state=0),
        "calibrated network": CalibratedClassifierCV(network, cv=3),
    }
    with TemporaryDirectory() as directory:
        for name, classifier in models.items():
            model = make_pipeline(StandardScaler(), classifier).fit(X, y)
            path = Path(directory) / "model.onnx"
            export(model, X, path)
            labels, probabilities = serve(path, X)
            difference = np.abs(probabilities - model.predict_proba(X)).max()
            print(f"{name}: {path.stat().st_size / 1024:.0f} kB")
            print(f"largest difference of a probability: {difference:.0e}")
            print("same labels:", (labels == model.predict(X)).all())


if __name__ == "__main__":
    main()

# sphinx_gallery_thumbnail_path = "_static/thumbnails/onnx.svg"
