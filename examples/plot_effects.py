"""
Has the model learned the truth?
================================

Here the truth is known: we make up a table of flats, and their rents.
``EffectsDisplay`` shows what a model has learned, and we draw the truth beside it.

Needs ``pip install ".[plot]" pandas``.
"""

# %%
# A table of flats
# ----------------
# The rent rises with the size, and less so for large flats. It depends on the district,
# and on the season of the contract. A balcony is worth more on high floors. The number
# of the street says nothing.

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n = 3000
signed = pd.Timestamp("2021-01-01") + pd.to_timedelta(
    rng.integers(0, 4 * 365, n), "D"
)
flats = pd.DataFrame(
    {
        "size": rng.gamma(9, 8, n),
        "district": rng.choice(
            ["centre", "harbour", "hill", "suburb"], n, p=[0.2, 0.1, 0.2, 0.5]
        ),
        "floor": rng.integers(0, 12, n),
        "balcony": rng.random(n) < 0.4,
        "signed": signed,
        "street": rng.integers(1, 100, n),
    }
)
of_districts = {"centre": 250, "harbour": 150, "hill": 100, "suburb": 0}
rent = (
    140 * np.sqrt(flats["size"])
    + flats["district"].map(of_districts)
    + flats["balcony"] * 20 * flats["floor"]
    + 60 * np.sin(2 * np.pi * signed.day_of_year / 365)
    + rng.normal(0, 60, n)
).rename("rent")
flats.loc[rng.random(n) < 0.1, "size"] = np.nan

# %%
# What the model has learned
# --------------------------
# The columns are sorted by how much worse the predictions become without their order.
# A date has several aspects, such as the season and the weekday. Each is like a column.

from sklearn.model_selection import train_test_split

from sknn_scratch import EffectsDisplay, tabular_pipeline

X_train, X_test, y_train, y_test = train_test_split(flats, rent, random_state=0)
model = tabular_pipeline("regressor", random_state=0).fit(X_train, y_train)
effects = EffectsDisplay.from_estimator(model, X_test, y_test, random_state=0)

for name, importance in effects.importances_.items():
    print(f"{name:15} {importance:6.3f}")
print(f"all effects together: {effects.additive_share_:.0%} of the variance")

# %%
# Beside the truth
# ----------------
# ``effects_`` has the numbers of each curve; a season is a month. The truth is dotted,
# and also 0 on average.

from pathlib import Path

import matplotlib.pyplot as plt

truth = {
    "size": lambda size: 140 * np.sqrt(size),
    "signed: season": lambda month: 60 * np.sin(2 * np.pi * (month - 0.5) / 12),
}
figure, axes = plt.subplots(
    1, 2, figsize=(8, 3.2), sharey=True, layout="constrained"
)
for ax, (name, function) in zip(axes, truth.items(), strict=True):
    effect = effects.effects_[name]
    known = ~np.isnan(effect["places"])
    places, values = effect["places"][known], effect["values"][0, known]
    expected = function(places)
    rows = effect["rows"][~np.isnan(effect["rows"])]
    mean = function(rows).mean()
    ax.plot(places, values, color="#000000", label="learned")
    ax.plot(places, expected - mean, ":", color="#000000", label="true")
    ax.set(title=name, ylabel="effect on rent" if ax is axes[0] else "")
    print(f"{name:14} correlation {np.corrcoef(values, expected)[0, 1]:.3f}")
axes[0].legend()

path = Path("figures", "effects.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# sphinx_gallery_thumbnail_box = (0, 0, 0.325, 0.36)
