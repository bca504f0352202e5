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

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import clear_tiny, norms_of
from sknn_scratch._core.parameters import Layers, NetworkShape, flatten, view_parameters
from sknn_scratch._core.rows import DenseRows, Rows

# With fewer features for each row, the decomposition takes about as long as it saves.
LEAST_FEATURES_PER_ROW = 2


def is_wide(X: Rows) -> bool:
    """Whether rows are dense, and have so many features that it pays to train in their space."""
    return isinstance(X, DenseRows) and X.n_features >= LEAST_FEATURES_PER_ROW * X.n_samples


class RowSpace:
    """The rows of a wide matrix, and a network for them, in the space of the rows.

    X : array (n_rows, n_rows + 1)
    shape : of the network with these features
    params : array (n_params,), its parameters
    """

    @np.errstate(all="ignore")  # with an overflow, the objective is not finite
    def __init__(self, X: Array, shape: NetworkShape, params: Array) -> None:
        """Take rows (n_rows, n_features), and the shape and parameters (n_params,) of a network for them."""
        layers = view_parameters(params, shape)
        self._all_features, self.shape = shape, shape._replace(n_features=len(X) + 1)
        self._basis, triangle = np.linalg.qr(X.T)
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
