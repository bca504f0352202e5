"""Wide rows, for L-BFGS: n rows lie in a space of n dimensions, however many features they have.

    X = L Q'                        Q (n_features, n_rows) has orthonormal columns: QR decomposition of X'
    w_hidden = Q inside + beside    inside = Q' w_hidden
    X w_hidden = L inside           no row sees ``beside``

Only the penalty has a gradient for ``beside``: a multiple of it. A step of L-BFGS is a sum of multiples of
gradients and of earlier steps. So ``beside`` remains a multiple of what it was at first, and one number says
which. Here it has one for each unit: its length, as the weight of a further feature that is zero in all rows.
Then losses, penalties, and products of gradients and steps are as with all features. So L-BFGS takes the same
steps, up to rounding errors, with n + 1 features.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import scipy.linalg

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import clear_tiny, norms_of
from sknn_scratch._core.parameters import Layers, NetworkShape, flatten, view_parameters
from sknn_scratch._core.rows import DenseRows, Rows
from sknn_scratch._core.state import Run, Snapshot

# With fewer features for each row, or more rows for each hidden unit, the decomposition may take longer than
# it saves in the usual 30 to 60 iterations.
LEAST_FEATURES_PER_ROW, MOST_ROWS_PER_UNIT = 2, 20
# For each weight of the hidden layer, L-BFGS keeps 20 numbers for its last steps, and others for points and
# gradients.
NUMBERS_PER_WEIGHT = 30


def is_wide(X: Rows, n_rows: int) -> bool:
    """Whether rows like X are dense, and have so many features that it pays to train in their space."""
    return isinstance(X, DenseRows) and X.n_features >= LEAST_FEATURES_PER_ROW * n_rows


def features_for_lbfgs(X: Rows, n_rows: int, n_hidden: int) -> int:
    """Count the features with which L-BFGS trains on so many rows like X: fewer than X has, if it is wide."""
    has_few_rows = n_rows <= MOST_ROWS_PER_UNIT * n_hidden
    return n_rows + 1 if has_few_rows and is_wide(X, n_rows) else X.n_features


def numbers_of_lbfgs(X: Rows, n_rows: int, n_hidden: int) -> int:
    """Count about how many numbers L-BFGS keeps: for each weight and, of wide rows, a copy of X."""
    n_features = features_for_lbfgs(X, n_rows, n_hidden)
    copied = n_rows * X.n_features if n_features < X.n_features else 0
    return copied + NUMBERS_PER_WEIGHT * n_features * n_hidden


class RowSpace:
    """The rows of a wide matrix, and a network for them, in the space of the rows.

    X : array (n_rows, n_rows + 1)
    shape : of the network with these features
    params : array (n_params,), its parameters
    """

    @np.errstate(all="ignore")  # with an overflow, the objective is not finite
    def __init__(self, X: Array, shape: NetworkShape, params: Array) -> None:
        """Take rows (n_rows, n_features), and the shape and parameters (n_params,) of a network for them.

        The rows are in C order. They are overwritten by the basis Q of their space.
        """
        layers, self.shape = view_parameters(params, shape), shape._replace(n_features=len(X) + 1)
        self._basis, triangle = scipy.linalg.qr(X.T, overwrite_a=True, mode="economic", check_finite=False)
        self.X = np.pad(triangle.T, ((0, 0), (0, 1)))
        inside = self._basis.T @ layers.w_hidden
        beside = layers.w_hidden - self._basis @ inside
        lengths = norms_of(beside.T)
        self._directions = beside / np.where(lengths > 0, lengths, 1)
        w_hidden = np.concatenate([inside, lengths[np.newaxis]])
        self.params = flatten(Layers(w_hidden, layers.w_output, layers.b_hidden, layers.b_output))

    def widen(self, params: Array) -> Array:
        """Give parameters (n_params,) of the network all features back."""
        layers = view_parameters(params, self.shape)
        w_hidden = self._basis @ layers.w_hidden[:-1] + self._directions * layers.w_hidden[-1]
        flat = flatten(Layers(w_hidden, layers.w_output, layers.b_hidden, layers.b_output))
        clear_tiny(flat)
        return flat


@contextmanager
def in_row_space(run: Run) -> Iterator[None]:
    """Let L-BFGS train a network for wide rows in their space; then it has all features again."""
    space, data, config = space_of(run), run.data, run.config
    if space is None:
        yield
        return

    def with_all_features(snapshot: Snapshot) -> Snapshot:
        return snapshot._replace(params=space.widen(snapshot.params))

    run.data = replace(data, X=DenseRows(space.X), targets=data.targets[data.row_numbers], rows=None)
    run.config = replace(config, network=config.network._replace(shape=space.shape))
    run.state.params, run.widen = space.params, space.widen
    run.last_sound = run.snapshot()
    try:
        yield
    finally:
        run.data, run.config, run.widen, state = data, config, None, run.state
        state.params = space.widen(state.params)
        run.last_sound = with_all_features(run.last_sound)
        state.best = state.best and with_all_features(state.best)


def space_of(run: Run) -> RowSpace | None:
    """Describe the rows of a run of L-BFGS in their space; None if it is not faster there, or overflows.

    Validation rows are not in this space.
    """
    data, shape = run.data, run.config.network.shape
    n_features = features_for_lbfgs(data.X, data.n_samples, shape.n_hidden)
    if data.validation is not None or n_features == shape.n_features:
        return None
    space = RowSpace(data.X.source[data.row_numbers], shape, run.state.params)
    return space if np.isfinite(space.X).all() and np.isfinite(space.params).all() else None
