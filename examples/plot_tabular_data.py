"""
More from tabular data
======================

The features of a table may have any size and long tails. If you prepare them, a shallow
network has less to learn. There are four steps, each a line of scikit-learn: scale the
features, clip their tails, add splines, and average a few networks. We compare the
results with logistic regression, gradient boosting, and scikit-learn's own network.

Needs ``pip install ".[plot]"``.
"""

# %%
# Four steps
# ----------
# *Scale.* Initial weights and learning rate are made for features of a size of about 1.
#
# *Clip.* A few large values can decide what a network learns. The smooth clip
# x / sqrt(1 + (x / 3)²) hardly changes small values, keeps the order of all values, and
# stays between -3 and 3.
#
# *Splines.* We add five functions of each feature. Each has its peak at another
# quantile and falls to zero on both sides. Their weighted sum is a line with bends.
#
# *Average.* Networks from different seeds make different mistakes. Four networks are
# trained together, and their probabilities are averaged.

import numpy as np
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    SplineTransformer,
    StandardScaler,
)

from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier


def smooth_clip(x):
    """Hardly change small values, and keep all values between -3 and 3."""
    return x / np.sqrt(1 + (x / 3) ** 2)


scale = StandardScaler()
clip = FunctionTransformer(smooth_clip)
splines = make_union(
    FunctionTransformer(), SplineTransformer(n_knots=5, degree=1, knots="quantile")
)
network = ShallowNNClassifier(random_state=0)
networks = ShallowNNEnsembleClassifier(n_networks=4, random_state=0)

# %%
# The comparison
# --------------
# The data are 569 rows about breast cancer, with 30 features. All models have their
# default parameters, except for ``max_iter``. They are compared in five-fold
# cross-validation, which is done twice: that is ten fits of each. The log-loss judges
# the probabilities. The accuracy only looks at which probability is larger.

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier

models = {
    "LogisticRegression": make_pipeline(scale, LogisticRegression()),
    "HistGradientBoosting": HistGradientBoostingClassifier(random_state=0),
    "MLPClassifier": make_pipeline(
        scale, MLPClassifier(max_iter=500, random_state=0)
    ),
    "network": make_pipeline(scale, network),
    "+ clip": make_pipeline(scale, clip, network),
    "+ splines": make_pipeline(scale, clip, splines, network),
    "+ 4 networks": make_pipeline(scale, clip, splines, networks),
}
X, y = load_breast_cancer(return_X_y=True)
folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)

log_loss, milliseconds = {}, {}
print("                      log-loss  accuracy  time of a fit")
for name, model in models.items():
    result = cross_validate(
        model, X, y, cv=folds, scoring=["neg_log_loss", "accuracy"]
    )
    log_loss[name] = -result["test_neg_log_loss"]
    milliseconds[name] = 1000 * np.median(result["fit_time"])
    print(
        f"{name:20}  {log_loss[name].mean():8.4f}"
        f"  {result['test_accuracy'].mean():8.3f}  {milliseconds[name]:10.0f} ms"
    )

# %%
# The picture
# -----------
# Folds differ more than models, because a hard row is hard for all models. So each bar
# is the standard error of the difference from the single network in the same fold.

from pathlib import Path

import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 4), sharey=True, layout="constrained"
)
names = list(models)
for i, name in enumerate(names):
    # Okabe and Ito: safe for the colour-blind.
    color = "#767676" if i < 3 else "#0072B2"
    difference = log_loss[name] - log_loss["network"]
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    left.errorbar(
        log_loss[name].mean(), i, xerr=error, color=color, marker="o", capsize=3
    )
    right.plot(milliseconds[name], i, color=color, marker="o")
left.axvline(log_loss["network"].mean(), color="#0072B2", linestyle=":")
left.set_yticks(range(len(names)), labels=names)
left.invert_yaxis()
left.set(title="quality", xlabel="log-loss (smaller is better)")
left.grid(axis="x", alpha=0.3)
right.set(title="time", xlabel="milliseconds for a fit", xscale="log")
right.grid(axis="x", alpha=0.3)

path = Path("figures", "tabular_data.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# %%
# What helps depends on the data. Here the clip gains most, and takes no time. Splines
# help if the class depends on a feature along a line with bends. With few rows, they
# may also make the result worse. To choose, put the steps into a search, and use
# ``"passthrough"`` for a step that is left out.
