"""A column that gives y away: what each column alone says about y."""

import numpy as np

from sknn_scratch._causes.features import share_explained
from sknn_scratch._causes.findings import Measured, Unmeasurable
from sknn_scratch._core.rows import evenly
from sknn_scratch._tables.kind import are_missing
from sknn_scratch._tables.means import places_of_texts

LEAST_ROWS, MOST_ROWS = 20, 10_000
# The limits: the share of the variance of y that one column explains.
SUSPECT, SURE = 0.95, 0.99


def one_column(evidence):
    """Look for a column that alone predicts y nearly perfectly, maybe only by which values are missing."""
    names = [name for name, _ in evidence.columns]
    if len(set(names)) < 2:
        raise Unmeasurable("it needs the columns of a table, or two dense features")
    rows = np.random.default_rng(0).permutation(evenly(len(evidence.labels), MOST_ROWS))
    targets = evidence.target_kind.encode(evidence.labels[rows], float).T
    if len(rows) < LEAST_ROWS or not np.var(targets) > 0:
        raise Unmeasurable("it needs more rows, with different y")
    shares = [share_explained(numbers_of(values[rows]), targets) for _, values in evidence.columns]
    best = int(np.argmax(shares))
    name, share, is_missing = names[best], shares[best], are_missing(evidence.columns[best][1][rows])
    others = {one for one, other in zip(names, shares, strict=True) if other > SUSPECT} - {name}
    enough = share_explained(is_missing, targets) > SUSPECT
    return Measured(
        max(0.0, share),
        f"The column {name!r} alone explains {share:.1%} of the variance of y"
        + (", even if one only sees whether its value is missing" if enough else "")
        + ". Each row is predicted by the y of other rows with the nearest values, not by the network, so "
        "this holds whether or not the rows are new."
        + (f" Such columns are also: {', '.join(map(repr, sorted(others, key=str)))}." if others else ""),
        (
            f"if {name!r} is not known before y is, leave it out, in a tabular_pipeline by "
            f"kinds={{{name!r}: 'nothing'}}",
        ),
    )


def numbers_of(values):
    """Give each text of a column (n_samples,) a number; numbers stay as they are."""
    return places_of_texts(values)[1] if values.dtype == object else values
