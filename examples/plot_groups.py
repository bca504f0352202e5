"""
New persons, and those that the model knows
===========================================

Rows often belong together: ten visits of a patient, a year of days of a machine. A
model that is meant for new patients must not be tuned on visits of patients that it
has seen. ``fit(X, y, groups=...)`` says which rows belong together.

Needs ``pip install ".[plot]"``.
"""

# %%
# The data
# --------
# A hundred persons have ten rows each. The eight features of a person hardly change
# from row to row, and all rows of a person have the same y.

from pathlib import Path

import numpy as np


def make_persons(seed, n_persons=100, n_each=10):
    """Make X (n_rows, 8), y (n_rows,), and the person (n_rows,) of each row."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_persons, 8))
    score = features[:, 0] - features[:, 1] + 0.5 * features[:, 2]
    y = rng.random(n_persons) < 1 / (1 + np.exp(-score))
    person = np.repeat(np.arange(n_persons), n_each)
    X = features[person] + 0.3 * rng.normal(size=(len(person), 8))
    return X, y[person].astype(int), person


# %%
# The loss of new persons
# -----------------------
# ``GroupKFold`` tests each model on persons that it has not seen. Without ``groups``,
# the default chooses the strength of its penalty by rows whose persons train too. It
# finds that hardly a penalty is needed, since it knows these persons.

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNClassifier, tabular_pipeline


def loss_of_new_persons(model, seed, name_of_groups=None):
    """Compute the mean log-loss of five folds; ``fit`` gets the persons by a name."""
    X, y, person = make_persons(seed)
    losses = []
    for train, test in GroupKFold(5).split(X, y, person):
        groups = {name_of_groups: person[train]} if name_of_groups else {}
        model.fit(X[train], y[train], **groups)
        losses.append(log_loss(y[test], model.predict_proba(X[test])))
    return np.mean(losses)


logistic = make_pipeline(StandardScaler(), LogisticRegression())
network = make_pipeline(StandardScaler(), ShallowNNClassifier(random_state=0))
table = tabular_pipeline(random_state=0)
models = {
    "LogisticRegression": (logistic,),
    "tabular_pipeline": (table,),
    "tabular_pipeline, groups": (table, "groups"),
    "network": (network,),
    "network, groups": (network, "shallownnclassifier__groups"),
}
losses = {
    name: [loss_of_new_persons(model, seed, *groups) for seed in range(3)]
    for name, (model, *groups) in models.items()
}
for name, of_seeds in losses.items():
    print(f"{name:26}", *(f"{loss:.3f}" for loss in of_seeds))

# %%
# A constant has a loss of about 0.69. Without ``groups``, both networks are far worse
# than that, as they are sure of persons that they do not know. With ``groups``, they
# are about as good as a logistic regression, which has the form of the true model.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
for place, (name, of_seeds) in enumerate(losses.items()):
    axes.plot(
        of_seeds, [place] * 3, "o", color="#0072b2" if "groups" in name else "black"
    )
axes.axvline(np.log(2), color="gray", linestyle="dashed")
axes.set_yticks(range(len(losses)), list(losses))
axes.invert_yaxis()
axes.set(
    xlabel="log-loss of new persons, three tables (dashed: a constant)",
    xlim=(0, None),
)
path = Path("figures", "groups.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=150)
print(f"Figure saved to {path}")
