"""Rows that are held out to stop the training early: a share of each stratum, or whole groups."""

import math
from numbers import Integral

import numpy as np

from sknn_scratch._fitting.observations import strata_of_units


def hold_out(data, encoded, validation_fraction, rng):
    """Take some rows, or whole groups, out of those that train: get the data without them, and these rows."""
    rows, unit = data.row_numbers, "row" if encoded.groups is None else "group"
    strata, numbers = strata_of_units(encoded, rows)
    n_kept = encoded.target_kind.n_kept
    is_held_out = draw_held_out(strata, n_kept, validation_fraction, rng, unit)[numbers]
    return data.part(~is_held_out), encoded.take(rows[is_held_out])


def draw_held_out(strata, n_kept, validation_fraction, rng, unit="row"):
    """Say of each training row, or group of rows, whether it is held out to validate: (n_samples,).

    At least ``n_kept`` of every stratum (n_samples,) stay in training. The others are sorted by stratum, in
    random order within it, and held out at equal distances: so every stratum gives its share.
    """
    n_units = len(strata)
    order = rng.permutation(n_units)
    order = order[np.argsort(strata[order], kind="stable")]
    counts = np.bincount(strata)
    places = np.arange(n_units) - np.repeat(np.cumsum(counts) - counts, counts)  # of a row in its stratum
    to_spare = order[places >= n_kept]
    n_validation = min(validation_size(validation_fraction, n_units, unit), len(to_spare))
    if n_validation == 0:
        raise ValueError(
            f"validation_fraction={validation_fraction} of {n_units} {unit}s leaves no {unit} to "
            "validate with, since one of each class is kept for training; increase it, pass X_val and "
            "y_val, or set early_stopping=False."
        )
    evenly = (np.arange(n_validation) + 0.5) * len(to_spare) / n_validation
    is_held_out = np.zeros(n_units, bool)
    is_held_out[to_spare[evenly.astype(int)]] = True
    return is_held_out


def validation_size(validation_fraction, n_units, unit):
    """Turn a share (rounded up) or a number into a number of rows or groups."""
    if isinstance(validation_fraction, Integral):
        size = int(validation_fraction)
    else:
        size = math.ceil(float(validation_fraction) * n_units)
    if size >= n_units:
        number = f"n_{'groups' if unit == 'group' else 'samples'}={n_units}"
        raise ValueError(
            f"validation_fraction={validation_fraction} would take all training {unit}s ({number}); "
            "decrease it, pass X_val and y_val, or set early_stopping=False."
        )
    return size
