"""
Which activation, and how many hidden units?
============================================

A shallow network reads handwritten digits. It is the last step of a scikit-learn
pipeline. A grid search chooses its activation and its number of hidden units.

Needs ``pip install ".[plot]"``.
"""

# %%
# The data
# --------
# There are 1797 images of 8 x 8 pixels. A quarter of them is held out, and used only
# once, at the end.

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, stratify=y, random_state=0
)

# %%
# The search
# ----------
# Twenty networks are compared by 5-fold cross-validation. A network with the identity
# as its activation is a linear model, however wide it is. The other networks should be
# better.

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNClassifier

activations = ["identity", "sigmoid", "tanh", "relu"]
widths = [4, 8, 16, 32, 64]

network = ShallowNNClassifier(
    solver="adam", learning_rate=0.01, max_iter=500, random_state=0
)
search = GridSearchCV(
    make_pipeline(StandardScaler(), network),
    {
        "shallownnclassifier__activation": activations,
        "shallownnclassifier__n_hidden": widths,
    },
)
print("Training 20 networks in 5 folds each, which takes about half a minute ...")
search.fit(X_train, y_train)

# %%
# All candidates, the best first:

import numpy as np

results = search.cv_results_
print("rank  activation  n_hidden  accuracy (mean and sd of 5 folds)")
for i in np.argsort(results["rank_test_score"], kind="stable"):
    print(
        f"{results['rank_test_score'][i]:4}"
        f"  {results['param_shallownnclassifier__activation'][i]:10}"
        f"  {results['param_shallownnclassifier__n_hidden'][i]:8}"
        f"  {results['mean_test_score'][i]:.3f} ± {results['std_test_score'][i]:.3f}"
    )

# %%
# The search has fitted the best network again, to the whole training set. How well does
# it read new digits?

y_pred = search.predict(X_test)
wrong = np.flatnonzero(y_pred != y_test)
print(
    f"Test accuracy: {search.score(X_test, y_test):.3f} "
    f"({len(wrong)} of {len(y_test)} wrong)"
)

# %%
# The picture
# -----------
# Left: the accuracy of each activation with more and more hidden units. Right: the
# first nine misread digits.

from pathlib import Path

import matplotlib.pyplot as plt

figure = plt.figure(figsize=(8, 4.2), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[2, 1])

ax = left.subplots()
mean = results["mean_test_score"].reshape(len(activations), len(widths))
sd = results["std_test_score"].reshape(len(activations), len(widths))
# Okabe and Ito: safe for the colour-blind.
colors = ["#767676", "#CC79A7", "#009E73", "#56B4E9"]
# Side by side, so that no error bar hides another.
nudges = [0.955, 0.985, 1.015, 1.045]
for i, activation in enumerate(activations):
    ax.errorbar(
        np.multiply(widths, nudges[i]),
        mean[i],
        sd[i],
        color=colors[i],
        marker="sD^o"[i],
        capsize=3,
        label=activation,
    )
ax.set_xscale("log", base=2)
ax.set_xticks(widths, labels=widths)
ax.set(
    title="5-fold cross-validation on the training set",
    xlabel="hidden units",
    ylabel="accuracy (mean ± sd)",
)
ax.grid(axis="y", alpha=0.3)
ax.legend(title="activation", loc="lower right")

right.suptitle(f"{len(wrong)} of {len(y_test)} test digits misread")
axes = right.subplots(3, 3)
for ax in axes.flat:
    ax.axis("off")
for ax, i in zip(axes.flat, wrong, strict=False):
    ax.imshow(X_test[i].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{y_test[i]} read as {y_pred[i]}", fontsize="medium")

path = Path("figures", "quickstart.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# sphinx_gallery_thumbnail_box = (0, 0, 0.66, 1)
