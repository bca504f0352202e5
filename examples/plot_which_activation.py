"""
Which activation?
=================

The textbook answer is relu, with small random initial weights. But the best activation
also depends on the size of the steps and of the initial weights. So we try four
activations at every combination of five learning rates and five initial scales, on
handwritten digits: 500 fits, in seconds.

Needs ``pip install ".[plot]"``.
"""

# %%
# The search
# ----------
# A hundred candidates are compared by 5-fold cross-validation, after at most ten
# epochs: the question is which one learns fast. Networks with the same activation and
# the same number of training rows are trained in one pass.

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNClassifier

activations = ["sigmoid", "tanh", "relu", "softplus"]
learning_rates = [0.001, 0.003, 0.01, 0.03, 0.1]
init_scales = [0.001, 0.01, 0.1, 1.0, 10.0]

X, y = load_digits(return_X_y=True)
network = ShallowNNClassifier(
    n_hidden=16,
    alpha=1.0,  # for each initial scale, "auto" would take longer than ten epochs
    solver="adam",
    max_iter=10,
    batch_size=50,
    random_state=0,
)
search = GridSearchCV(
    make_pipeline(StandardScaler(), network),
    {
        "shallownnclassifier__activation": activations,
        "shallownnclassifier__init_scale": init_scales,
        "shallownnclassifier__learning_rate": learning_rates,
    },
    refit=False,
    verbose=1,
)
with warnings.catch_warnings():
    # Ten epochs are meant to be too few.
    warnings.simplefilter("ignore", ConvergenceWarning)
    search.fit(X, y)
print(f"{search.n_splits_ * len(search.cv_results_['params'])} fits")

# %%
# The best of each activation:

import numpy as np

accuracy = search.cv_results_["mean_test_score"].reshape(
    len(activations), len(init_scales), len(learning_rates)
)
for activation, of_activation in zip(activations, accuracy, strict=True):
    i, j = np.unravel_index(of_activation.argmax(), of_activation.shape)
    print(
        f"{activation:8}  accuracy {of_activation[i, j]:.3f}"
        f"  at learning_rate={learning_rates[j]}, init_scale={init_scales[i]}"
    )

# %%
# The picture
# -----------
# One map for each activation. The colours are the same in all four; the best
# combination of each has a frame.

from pathlib import Path

import matplotlib.pyplot as plt

figure, axes = plt.subplots(
    2, 2, figsize=(8, 7), sharex=True, sharey=True, layout="constrained"
)
limits = {"vmin": accuracy.min(), "vmax": 1}
for ax, activation, values in zip(axes.flat, activations, accuracy, strict=True):
    image = ax.imshow(values, cmap="cividis", origin="lower", **limits)
    best = np.unravel_index(values.argmax(), values.shape)
    corner = (best[1] - 0.5, best[0] - 0.5)
    frame = {"fill": False, "edgecolor": "black", "linewidth": 2}
    ax.add_patch(plt.Rectangle(corner, 1, 1, **frame))
    for (i, j), value in np.ndenumerate(values):
        color = "white" if value < 0.7 else "black"
        ax.text(j, i, f"{value:.3f}", ha="center", va="center", color=color)
    ax.set_xticks(range(len(learning_rates)), labels=learning_rates)
    ax.set_yticks(range(len(init_scales)), labels=init_scales)
    ax.set_title(activation)
figure.supxlabel("learning_rate")
figure.supylabel("init_scale")
figure.colorbar(image, ax=axes, label="accuracy (mean of 5 folds)")

path = Path("figures", "which_activation.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# %%
# With a good learning rate, the four differ by hardly one percentage point. With small
# steps, sigmoid is worse, because its slope is at most a quarter. If the initial
# weights are too large, no activation helps: in ten epochs, no network fully recovers
# from a scale of 10.

# sphinx_gallery_thumbnail_box = (0.03, 0, 0.47, 0.46)
