"""
A curve, its noise, and what is not known
=========================================

There are three questions about the same noisy points. What is y on average? Between
which bounds are four of five points? And where is the answer only a guess, because
there were no data?

Needs ``pip install ".[plot]"``.
"""

# %%
# The data
# --------
# The curve is a sine, and its noise grows from left to right. Around x = 6, nothing was
# measured.

import numpy as np

rng = np.random.default_rng(0)
x = np.sort(np.append(rng.uniform(0, 5, 350), rng.uniform(7, 10, 200)))
y = 20 + 5 * np.sin(x) + (0.2 + 0.2 * x) * rng.normal(size=len(x))

X = (x[:, np.newaxis] - 5) / 3  # about one in size; y may have any size
grid = np.linspace(-1, 11, 400)
X_grid = (grid[:, np.newaxis] - 5) / 3

# %%
# The mean
# --------
# The squared error gives the mean. For a few hundred points, we use the solver L-BFGS.
# A smooth activation gives a smooth curve.

from sknn_scratch import ShallowNNRegressor

smooth = {
    "activation": "tanh",
    "init_scale": 0.5,
    "solver": "lbfgs",
    "alpha": 0.1,
    "tol": 1e-4,
    "max_iter": 1000,
}
mean = ShallowNNRegressor(**smooth, random_state=0).fit(X, y)

# %%
# Two quantiles
# -------------
# 10 % of the points should be below the lower curve, and 10 % above the upper curve.
# One network has both. The loss of a quantile has a kink, so we use the solver Adam.
# Its learning rate falls to zero, so that the last steps are small.

settings = {
    "activation": "tanh",
    "init_scale": 0.5,
    "solver": "adam",
    "batch_size": 32,
    "learning_rate": 0.01,
    "learning_rate_schedule": "one_cycle",
    "early_stopping": False,
    "alpha": 0.01,
    "tol": 0,
    "n_iter_no_change": 500,  # make all steps of the schedule
    "max_iter": 500,
    "random_state": 0,
}
quantiles = ShallowNNRegressor(loss="quantile", quantile=[0.1, 0.9], **settings)

import warnings

# A warning says that max_iter is reached. It should be.
with warnings.catch_warnings(action="ignore"):
    quantiles.fit(X, y)

lower, upper = quantiles.predict(X).T
inside = np.mean((lower < y) & (y < upper))
print(f"{inside:.0%} of the points are between the quantiles, 80 % should be")

# %%
# How much networks disagree
# --------------------------
# Ten networks differ only in their random start. Where there were points, they agree.
# In the gap and beyond the ends they do not: their spread shows where a prediction is
# not based on data. The spread says nothing about the noise, which the quantiles show.

from sknn_scratch import ShallowNNEnsembleRegressor

ensemble = ShallowNNEnsembleRegressor(n_networks=10, **smooth, random_state=0)
ensemble.fit(X, y)
y_mean, y_std = ensemble.predict(X_grid, return_std=True)

for place in (2.0, 6.0, 11.0):
    i = np.abs(grid - place).argmin()
    print(f"x = {place:4.1f}: {y_mean[i]:5.1f}, spread {y_std[i]:.2f}")

# %%
# Both pictures
# -------------

from pathlib import Path

import matplotlib.pyplot as plt

figure, axes = plt.subplots(
    1, 2, figsize=(11, 4.4), sharey=True, layout="constrained"
)
for ax, title in zip(axes, ("Mean and quantiles", "Ten networks"), strict=True):
    ax.plot(x, y, ".", color="0.6", ms=4, label="points")
    ax.plot(grid, 20 + 5 * np.sin(grid), "k:", lw=1, label="truth")
    ax.set(title=title, xlabel="x", xlim=(-1, 11), ylim=(8, 34))
axes[0].set_ylabel("y")

between = axes[0].fill_between(
    grid,
    *quantiles.predict(X_grid).T,
    color="#000000",
    alpha=0.15,
    lw=0,
)
between.set_label("10 % to 90 %")
axes[0].plot(grid, mean.predict(X_grid), color="#000000", lw=2, label="mean")

for one in ensemble.estimators_:
    axes[1].plot(grid, one.predict(X_grid), color="#767676", lw=0.5)
spread = axes[1].fill_between(
    grid, y_mean - 2 * y_std, y_mean + 2 * y_std, color="#000000", alpha=0.15, lw=0
)
spread.set_label("mean ± 2 spreads")
axes[1].plot(grid, y_mean, color="#000000", lw=2, label="mean of ten")
for ax in axes:
    ax.axvspan(5, 7, color="0.95", zorder=-1)
    ax.legend(loc="upper left", fontsize="small", ncols=2)

path = Path("figures", "regression.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# sphinx_gallery_thumbnail_box = (0, 0, 0.51, 1)
