"""Whether ramps help: a small network is trained with them and without, and other rows tell which is better.

Ramps let a network bend along a column. Where y does not bend, alone or together with another column, they
are noise, of which a network learns some. Tables that a random network had generated had higher losses with
ramps, in up to three times as long.
"""

import numpy as np

from sknn_scratch._core.data import Data
from sknn_scratch._core.rows import evenly, rows_of
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._fitting.inputs import FitInput
from sknn_scratch._fitting.observations import distinct_rows
from sknn_scratch._tables.pieces import encode_columns
from sknn_scratch._tables.small_network import SMALL, train
from sknn_scratch._tables.targets import scaled_targets

# So many rows are enough, of which every fourth is held out.
MOST_ROWS, HELD_OUT_EVERY = 5000, 4
# Ramps are left out if the loss with them is so many times that without them: of tables that a random network
# had generated, it was 1.04 to 1.3 times.
HIGHER = 1.03


def ramps_help(X, y, with_ramps, without):
    """Whether a network predicts y (n_samples, ...) better with one list of pieces for the columns of X."""
    targets = scaled_targets(y)
    if not np.isfinite(targets).all():  # the network says so
        return True
    rows, *_ = distinct_rows(Data(rows_of(X), targets))
    rows = rows[evenly(len(rows), MOST_ROWS)]
    X, targets = X[rows], targets[rows]
    return held_out_loss(X, targets, with_ramps) < HIGHER * held_out_loss(X, targets, without)


def held_out_loss(X, targets, pieces):
    """Find the lowest loss of the rows that are held out, while a network trains on the others."""
    encoded = encode_columns(X, pieces, np.float32)
    out = np.arange(len(X)) % HELD_OUT_EVERY == 0
    network = ShallowNNRegressor(**SMALL | {"early_stopping": True})
    fit = train(network, FitInput(encoded[~out], targets[~out], X_val=encoded[out], y_val=targets[out]))
    return min(epoch["val_loss"] for epoch in fit.run.state.history)
