"""
When should training stop?
==========================

The training loss falls for as long as one trains. Whether the network still gets better is another question,
and rows that were kept out of training answer it.
"""

# %%
# Too long
# --------
# A hundred rows with twenty features, of which two matter, and one label in ten is wrong: a wide network can
# learn them by heart. We keep half of the rows out to validate with, and train for 150 epochs no matter what.

from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

from sknn_scratch import ShallowNNClassifier, TrainingCurveDisplay

X, y = make_classification(600, 20, n_informative=2, n_redundant=0, flip_y=0.2, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=200, random_state=0)

settings = {"n_hidden": 64, "learning_rate": 0.01, "alpha": 0, "random_state": 0, "validation_fraction": 0.5}
long = ShallowNNClassifier(max_iter=150, n_iter_no_change=150, early_stopping=True, **settings)
long.fit(X_train, y_train)

display = TrainingCurveDisplay.from_estimator(long)

# %%
# The training loss goes to zero. The validation loss has its minimum early, and then rises: from there on the
# network learns the noise. It is the weights of the best epoch that the fitted model keeps.

# %%
# In time
# -------
# With ``early_stopping`` and the usual patience, training ends a few epochs after that minimum. ``details=True``
# shows what the layers did meanwhile.

short = ShallowNNClassifier(early_stopping=True, **settings).fit(X_train, y_train)
print(f"Stopped after {short.n_iter_} epochs ({short.stop_reason_}); best was epoch {short.best_iter_}.")

display = TrainingCurveDisplay.from_estimator(short, details=True)

# %%
# The same training, but judged by no one: all weights are those of the last epoch.

import warnings

from sklearn.exceptions import ConvergenceWarning

blind = ShallowNNClassifier(max_iter=150, tol=0, **settings)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # the end at 150 epochs is what we want to see
    blind.fit(X_train, y_train)

for name, clf in {"150 epochs": blind, "early stopping": short}.items():
    print(
        f"{name:14}  training accuracy {clf.score(X_train, y_train):.3f}, test {clf.score(X_test, y_test):.3f}"
    )
