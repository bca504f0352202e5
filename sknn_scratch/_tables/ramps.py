"""Which ramps help: a small network is trained with some and without, and other rows tell which is best.

Ramps let a network bend along a column. Where y does not bend, alone or together with another column, they
are noise, of which a network learns some. Tables that a random network had generated had higher losses with
ramps, in up to three times as long. Fine ramps help where y bends often.
"""

import numpy as np

from sknn_scratch._core.data import Data
from sknn_scratch._core.rows import evenly, rows_of
from sknn_scratch._fitting.inputs import FitInput
from sknn_scratch._fitting.observations import distinct_rows, places_of_units
from sknn_scratch._tables.pieces import encode_columns
from sknn_scratch._tables.small_network import small_network, train
from sknn_scratch._tables.targets import scaled_targets

# So many rows are enough, of which every fourth is held out.
MOST_ROWS, HELD_OUT_EVERY = 5000, 4
# Ramps are left out if the loss with them is so many times that without. Fine ones must lower it as much.
HIGHER = 1.03


def best_pieces(X, y, coarse, fine, groups=None):
    """Choose the pieces of the columns of X with which a network predicts y best: some of these, or no ramps.

    With more rows than this tries, the fine ones are no question.
    """
    targets = scaled_targets(y)
    if not np.isfinite(targets).all():  # the network says so
        return fine
    rows, _, hashes = distinct_rows(Data(rows_of(X), targets), groups)
    some = evenly(len(rows), MOST_ROWS)
    rows = rows[some]
    out = places_of_units(hashes[some], None if groups is None else groups[rows]) % HELD_OUT_EVERY == 0
    fine_are_tried = fine is not coarse and len(X) <= MOST_ROWS
    X, targets = X[rows], targets[rows]
    without = [piece.without_ramps() for piece in coarse]
    with_coarse = held_out_loss(X, targets, out, coarse)
    if with_coarse >= HIGHER * held_out_loss(X, targets, out, without):
        return without
    if fine_are_tried and HIGHER * held_out_loss(X, targets, out, fine) >= with_coarse:
        return coarse
    return fine


def held_out_loss(X, targets, out, pieces):
    """Find the lowest loss of the rows that are held ``out`` (n_samples,), while others train a network."""
    encoded = encode_columns(X, pieces, np.float32)
    network = small_network(is_regression=True).set_params(early_stopping=True)
    fit = train(network, FitInput(encoded[~out], targets[~out], X_val=encoded[out], y_val=targets[out]))
    return min(epoch["val_loss"] for epoch in fit.run.state.history)
