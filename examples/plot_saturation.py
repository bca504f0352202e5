"""
How large may the initial weights be?
=====================================

The slope of tanh is one at zero, and nearly zero far from it. So the hidden inputs at
the start decide how fast a network can learn. We compare three networks that differ
only in ``init_scale``, the standard deviation of their initial weights.

Needs ``pip install ".[plot]"``.
"""

# %%
# Three starts
# ------------
# The data are scaled handwritten digits. After one epoch you can see where the hidden
# inputs are. After thirty you can see the effect.

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ActivationDisplay, ShallowNNClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, stratify=y, random_state=0
)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)


def train(init_scale, epochs):
    """Train by plain gradient descent on mini-batches."""
    clf = ShallowNNClassifier(
        32, "tanh", init_scale, solver="sgd", learning_rate=0.1, momentum=0, alpha=0
    )
    clf.set_params(max_iter=epochs, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # we stop early to compare
        return clf.fit(X_train, y_train)


# %%
# Where the hidden inputs are
# ---------------------------
# On the left are the activation and its slope, grey where the slope is below 0.05. On
# the right are the hidden inputs after the first epoch.

from pathlib import Path

import matplotlib.pyplot as plt

init_scales = [0.01, 0.3, 3.0]
figure, axes = plt.subplots(3, 2, figsize=(8, 7.5), layout="constrained")
for row, init_scale in zip(axes, init_scales, strict=True):
    clf = train(init_scale, 1)
    name = f"init_scale={init_scale}"
    ActivationDisplay.from_estimator(clf, X_train, name=name, ax=row)
    row[0].tick_params(labelbottom=True)

path = Path("figures", "saturation_start.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# %%
# The effect
# ----------
# The weights of saturated units hardly change, so they stay close to their random
# start.

networks = {init_scale: train(init_scale, 30) for init_scale in init_scales}
print("init_scale  saturated at first  loss at last  test accuracy")
for init_scale, clf in networks.items():
    saturated = clf.history_["saturated_fraction"][0]
    loss, accuracy = clf.loss_curve_[-1], clf.score(X_test, y_test)
    print(f"{init_scale:10}  {saturated:18.0%}  {loss:12.3f}  {accuracy:13.3f}")

# %%
# The losses of the three networks in each epoch:

from sknn_scratch import TrainingCurveDisplay

figure, ax = plt.subplots(layout="constrained")
colors = plt.cm.cividis([0, 0.4, 0.8])  # from small to large weights
for (init_scale, clf), color in zip(networks.items(), colors, strict=True):
    name = f"init_scale={init_scale}"
    TrainingCurveDisplay.from_estimator(clf, name=name, color=color, ax=ax)
ax.set(yscale="log", title="Solid: training; dashed: validation")

path = Path("figures", "saturation_loss.png")
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# sphinx_gallery_thumbnail_box = (0.525, 0.33, 1, 0.67)
