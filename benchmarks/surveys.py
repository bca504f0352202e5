"""Surveys: a few columns of a few values each, many equal rows, and chance in the answers.

Twelve surveys are generated, with two to six questions of two to twelve answers, which are not equally
frequent. The chance of a yes is known: its log-odds are the sum of an effect of each answer and, for about a
third of the pairs of questions, of an effect of both answers, which is half as large.

The excess is the mean log-loss on new people minus that of the truth, so 0 is perfect. It is computed from
the known chances, and is a mean over draws of people. Models have their default parameters. Answers are
categories; for LogisticRegression and ShallowNNClassifier they are one-hot. The time is CPU time.
"""

import time
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, rel_entr
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from evaluation import seeded
from harness import Options, Table, forget_choices, limit_threads, report_progress
from sknn_scratch import ShallowNNClassifier, tabular_pipeline
from tabular import light_gbm, scaled

N_SURVEYS, N_DRAWS, N_NEW = 12, 3, 20_000
BASE = "LogisticRegression"
MODELS = {
    "tabular_pipeline": tabular_pipeline("classifier"),
    "ShallowNNClassifier": scaled(ShallowNNClassifier()),
    BASE: scaled(LogisticRegression()),
    "LightGBM": light_gbm("Classifier"),
}


class Survey:
    """One of the surveys: how frequent answers are, and what they add to the log-odds of a yes."""

    def __init__(self, number: int) -> None:
        rng = np.random.default_rng(number)
        sizes = rng.integers(2, 13, 2 + number % 5)
        pairs = [pair for pair in combinations(range(len(sizes)), 2) if rng.random() < 1 / 3]
        self.n_people = int(np.geomspace(300, 20_000, N_SURVEYS)[number])
        self.shares = [rng.dirichlet(np.full(size, 2)) for size in sizes]
        self.effects = [rng.normal(scale=0.5, size=size) for size in sizes]
        self.of_pairs = {pair: rng.normal(scale=0.25, size=sizes[list(pair)]) for pair in pairs}

    def draw(self, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
        """Draw the answers (n, n_questions) of people, and their chances (n,) of a yes."""
        answers = [rng.choice(len(shares), n, p=shares) for shares in self.shares]
        log_odds = sum(effect[chosen] for effect, chosen in zip(self.effects, answers, strict=True))
        log_odds += sum(effect[answers[i], answers[j]] for (i, j), effect in self.of_pairs.items())
        names = [[f"answer {k}" for k in range(len(shares))] for shares in self.shares]
        columns = map(pd.Categorical.from_codes, answers, names)
        return pd.DataFrame({f"question {j}": column for j, column in enumerate(columns)}), expit(log_odds)


def answer(options: Options) -> Iterator[Table]:
    numbers, seeds = (range(2), range(1)) if options.quick else (range(N_SURVEYS), range(N_DRAWS))
    surveys, measured = [Survey(number) for number in numbers], []
    with limit_threads(1):
        for survey in surveys:
            report_progress(f"{survey.n_people:,} people")
            measured.append([[measure(model, survey, seed) for seed in seeds] for model in MODELS.values()])
    excess, seconds = np.moveaxis(np.mean(measured, axis=2), -1, 0)
    mean, base = excess.mean(axis=0), list(MODELS).index(BASE)
    rows = [
        [
            f"{one.n_people:,} × {len(one.shares)}",
            str(len(one.of_pairs)),
            *(f"{value:.4f}" for value in values),
        ]
        for one, values in zip(surveys, excess, strict=True)
    ]
    rows += [
        ["mean", "", *(f"{value:.4f}" for value in mean)],
        [f"mean / {BASE}'s", "", *(f"{value:.2f}" for value in mean / mean[base])],
        [f"less than {BASE} on", "", *map(str, (excess < excess[:, [base]]).sum(axis=0))],
        ["CPU ms of a fit", "", *(f"{1e3 * value:.0f}" for value in seconds.mean(axis=0))],
    ]
    columns = ("people × questions", "pairs with effects", *MODELS)
    yield Table("Excess of the log-loss", columns, rows, f"Draws of people: {len(seeds)}; one BLAS thread.")


def measure(model: Any, survey: Survey, seed: int) -> tuple[float, float]:
    """Train a copy of a model on one draw of people, and measure its excess on others, and its seconds."""
    rng = np.random.default_rng(seed)
    X, chances = survey.draw(survey.n_people, rng)
    y = rng.random(survey.n_people) < chances
    model = seeded(clone(model), seed)
    forget_choices()
    start = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - start
    X_new, chances = survey.draw(N_NEW, rng)
    predicted = model.predict_proba(X_new)[:, 1].astype(float)
    return np.mean(rel_entr(chances, predicted) + rel_entr(1 - chances, 1 - predicted)), seconds
