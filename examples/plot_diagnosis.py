"""
What is wrong with my network?
==============================

A network that learns badly does not say why. ``diagnose`` measures the usual problems,
says what to fix first, and names a remedy. We follow its advice until no problem is
left.

Needs ``pip install ".[plot]" pandas``.
"""

# %%
# A bad start
# -----------
# We use the breast cancer data without scaling, and unsuitable settings. The network is
# wrong about more than one tumour in four.

import warnings

from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sknn_scratch import ShallowNNClassifier, diagnose

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, stratify=y, random_state=0
)

clf = ShallowNNClassifier(
    32, "tanh", init_scale=5, solver="adam", max_iter=20, random_state=0
)
with warnings.catch_warnings():
    # The diagnosis will explain it.
    warnings.simplefilter("ignore", ConvergenceWarning)
    clf.fit(X_train, y_train)
print(f"Test accuracy: {clf.score(X_test, y_test):.3f}\n")

# %%
# With new rows, the diagnosis can also find overfitting. The probable effects of a
# cause are listed below it.

print(diagnose(clf, X_test, y_test))

# %%
# Scale the features
# ------------------
# The diagnosis says to do this first.

from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pipe = make_pipeline(StandardScaler(), clone(clf))
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    pipe.fit(X_train, y_train)
print(f"Test accuracy: {pipe.score(X_test, y_test):.3f}\n")

print(diagnose(pipe, X_test, y_test))

# %%
# Small weights, and time
# -----------------------
# The dead units are gone, but with initial weights of 5, most units are still
# saturated. We make the weights smaller, and allow more epochs.

pipe.set_params(
    shallownnclassifier__init_scale=0.05,
    shallownnclassifier__max_iter=500,
)
pipe.fit(X_train, y_train)
print(f"Test accuracy: {pipe.score(X_test, y_test):.3f}\n")

print(diagnose(pipe, X_test, y_test))

# %%
# In a notebook
# -------------
# In a notebook, a diagnosis is a table with small pictures.

diagnose(pipe, X_test, y_test)

# %%
# In a program
# ------------
# A diagnosis is an iterable of findings. Each has its number, its meaning and, if there
# is one, its cause. ``ok`` is true if none of them is a problem. So a test or a
# training script can require a healthy network.

for finding in diagnose(clf, X_test, y_test):
    number = finding.written(finding.value)
    print(f"{finding.name}, {number}, cause: {finding.cause or 'none of these'}")
assert diagnose(pipe, X_test, y_test).ok

# sphinx_gallery_thumbnail_path = "_static/thumbnails/diagnosis.svg"
