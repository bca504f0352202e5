"""
When should training stop?
==========================

The training loss falls as long as you train. But does the network still get better?
Rows that were held out from training answer this.

Needs ``pip install ".[plot]"``.
"""

# %%
# Too long
# --------
# We train on a hundred rows with twenty features. Five features matter, and one label
# in ten is wrong: a wide network can learn them by heart. A hundred other rows are for
# validation. Training always takes 150 epochs here.

import warnings
from pathlib import Path

from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning

from sknn_scratch import ShallowNNClassifier, TrainingCurveDisplay

kind = {
    "n_informative": 5,
    "n_redundant": 0,
    "n_clusters_per_class": 1,
    "flip_y": 0.2,
}
X, y = make_classification(3000, 20, **kind, random_state=0)
train, validation, test = slice(100), slice(100, 200), slice(200, None)
validated = {"X_val": X[validation], "y_val": y[validation]}
settings = {"n_hidden": 64, "solver": "adam", "learning_rate": 0.003}
settings |= {"alpha": 0, "random_state": 0}

long = ShallowNNClassifier(max_iter=150, n_iter_no_change=150, **settings)
with warnings.catch_warnings():
    # It is meant to train for all 150 epochs.
    warnings.simplefilter("ignore", ConvergenceWarning)
    long.fit(X[train], y[train], **validated)

display = TrainingCurveDisplay.from_estimator(long)

path = Path("figures", "training_too_long.png")
path.parent.mkdir(exist_ok=True)
display.figure_.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# %%
# The training loss goes to zero. The validation loss has its minimum early, and then it
# rises: from there on the network learns the wrong labels.

# %%
# In time
# -------
# With the default ``n_iter_no_change``, training ends here after a hundred epochs
# without an improvement of more than ``tol``, and the model keeps the weights of the
# best epoch. ``details=True`` also shows the gradients and units of the layers.

short = ShallowNNClassifier(**settings).fit(X[train], y[train], **validated)
print(
    f"Stopped after {short.n_iter_} epochs ({short.stop_reason_}); "
    f"the best was epoch {short.best_iter_}."
)

display = TrainingCurveDisplay.from_estimator(short, details=True)

path = Path("figures", "training_in_time.png")
display.figure_.savefig(path, dpi=150)
print(f"Figure saved to {path}")

# %%
# What it is worth
# ----------------
# The first network here is trained on the same hundred rows without validation, so it
# has the weights of its last epoch. Both networks are compared on new rows.

from sklearn.metrics import log_loss

blind = ShallowNNClassifier(max_iter=150, tol=0, **settings)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    blind.fit(X[train], y[train])

print("                test accuracy  test loss")
for name, clf in {"150 epochs": blind, "stopped early": short}.items():
    loss = log_loss(y[test], clf.predict_proba(X[test]))
    print(f"{name:14}  {clf.score(X[test], y[test]):13.3f}  {loss:9.3f}")
