"""
From a raw table to a prediction
================================

A table has text, missing values, and numbers of any size. ``tabular_pipeline`` takes it
as it is.
We look at what it makes of a column, and compare its predictions with those of
gradient boosting and of logistic regression.

Needs ``pip install ".[plot]" pandas``.
"""

# %%
# The table
# ---------
# We make up 1,800 customers, so that we know the truth: how likely each of them is to
# leave. It falls with the months that they have stayed, at first fast and then slowly,
# and depends on the city. A price in the middle makes it more likely with most plans,
# and less likely with the family plan. A fifth of the prices are missing, and so are
# some cities.

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n = 1800
customers = pd.DataFrame(
    {
        "months": rng.lognormal(2.5, 1, n).round(1),
        "price": rng.gamma(4, 10, n).round(2),
        "calls": rng.poisson(1.5, n),
        "plan": rng.choice(["basic", "plus", "family"], n, p=[0.5, 0.3, 0.2]),
        "city": rng.choice(["Ulm", "Bonn", "Kiel", "Jena", "Trier"], n),
    }
)
logit = (
    2
    - 1.2 * np.log1p(customers["months"])
    + np.where(customers["plan"] == "family", -2, 2)
    * np.exp(-(((customers["price"] - 40) / 12) ** 2))
    + 0.6 * customers["calls"]
    + 0.8 * customers["city"].isin(["Kiel", "Jena"])
)
left = np.where(rng.random(n) < 1 / (1 + np.exp(-logit)), "left", "stayed")
customers.loc[rng.random(n) < 0.2, "price"] = np.nan
customers.loc[rng.random(n) < 0.1, "city"] = None
print(customers.head())

# %%
# Fit and predict
# ---------------
# The first step of the pipeline encodes numbers and categories. The second step makes
# features larger that matter, and others smaller. The third is an ensemble of four
# networks.

from sklearn.model_selection import train_test_split

from sknn_scratch import tabular_pipeline

X_train, X_test, y_train, y_test = train_test_split(
    customers, left, stratify=left, random_state=0
)
model = tabular_pipeline("classifier", random_state=0)
model.fit(X_train, y_train)
print(model.predict_proba(X_test[:3]).round(2))

# %%
# What becomes of a column
# ------------------------
# The months have a long tail. They become a bounded value and, for each of eight bins
# between quantiles, a ramp. A weighted sum of ramps is any line with bends at the
# quantiles. Beyond the longest stay in the training set, ramps are flat and the value
# is bounded. The price also gets a column that says where it is missing. The second
# step multiplies each of these features by a number, and finds the principal components
# of all of them.

names = model["columns"].get_feature_names_out()
for name, scale in zip(names, model["relevance"].scale_, strict=True):
    if "price" in name:
        print(f"{name:14} times {scale:.1f}")

# %%
# Others
# ------
# Gradient boosting handles missing values and categories itself. Logistic regression is
# fitted to the columns that the first step has encoded, and once to columns that are
# only scaled.
# We shuffle the folds, as one should with the rows of any file.

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

scaled = make_column_transformer(
    (
        make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()),
        make_column_selector(dtype_include="number"),
    ),
    (
        OneHotEncoder(handle_unknown="ignore"),
        make_column_selector(dtype_exclude="number"),
    ),
)
categories = dict.fromkeys(("plan", "city"), "category")
models = {
    "tabular_pipeline": (model, customers),
    "its columns, LogisticRegression": (
        tabular_pipeline(LogisticRegression(max_iter=1000)),
        customers,
    ),
    "scaled, LogisticRegression": (
        make_pipeline(scaled, LogisticRegression()),
        customers,
    ),
    "HistGradientBoosting": (
        HistGradientBoostingClassifier(random_state=0),
        customers.astype(categories),
    ),
}
folds = StratifiedKFold(5, shuffle=True, random_state=0)
losses = {}
for name, (estimator, X) in models.items():
    scores = cross_val_score(estimator, X, left, cv=folds, scoring="neg_log_loss")
    losses[name] = -scores.mean()
    print(f"{name:32}  log-loss {losses[name]:.3f}")

# %%
# The picture
# -----------
# Left and middle: what becomes of the months. Right: the log-loss of the models.
# Smaller is better. The dotted line is the log-loss of the true probabilities. No model
# can be expected to be better, and none can reach it, since a part of the table is
# missing.

from pathlib import Path

import matplotlib.pyplot as plt

truth = np.logaddexp(0, np.where(left == "left", -logit, logit)).mean()
months = np.linspace(0, 80, 801)
rows = customers.iloc[[0] * len(months)].assign(months=months)
alone = model["columns"].transform(
    rows
)  # the first columns are those of the months

figure, axes = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained")
value, ramps, others = axes
value.plot(months, alone[:, 0], color="#000000")
value.set(title="a bounded value", xlabel="months")
for ramp, color in zip(
    alone[:, 1:9].T, plt.cm.cividis(np.linspace(0, 0.8, 8)), strict=True
):
    ramps.plot(months, ramp, color=color)
ramps.set(title="eight ramps", xlabel="months")
for i, loss in enumerate(losses.values()):
    others.plot(loss, i, "o", color="#767676" if i else "#000000")
others.set_yticks(
    range(len(losses)), [name.replace(", ", ",\n") for name in losses]
)
others.axvline(truth, color="black", linestyle=":")
others.invert_yaxis()
others.grid(axis="x", alpha=0.3)
others.set(title="log-loss: smaller is better")

path = Path("figures", "tabular_data.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# sphinx_gallery_thumbnail_box = (0.585, 0, 1, 1)
