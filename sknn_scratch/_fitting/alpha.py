"""alpha="auto": the strength of the penalty, chosen by the data in cross-validation.

    plan_choice     cut the training rows into folds, or see that there are too few of them
    choose_alphas   train the networks of the folds with one alpha after the other

The network of a fold is trained on the rows outside the fold, with a few iterations for each alpha, the
smallest first, and goes on with the weights that it has. With the first alpha it goes on while it learns:
else a further alpha would be better just because the network has been trained for longer. When the held-out
loss rises, there are no more alphas to try. The other way round would fail: under a strong penalty a network
may collapse to zero, and does not come back from there.

The choice depends only on which rows there are, and on their weights. Their order and ``random_state`` play
no part. Equal rows are joined to one, with the sum of their weights, so they never lie on both sides of a
split. The networks of the folds compute in single precision, which is precise enough for a choice.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.data import Data
from sknn_scratch._core.network import Batch, make_batch, mean_loss, row_blocks
from sknn_scratch._core.parameters import initialise, view_parameters
from sknn_scratch._core.rows import SparseRows, rows_of
from sknn_scratch._core.state import Run, State

ALPHAS = (0.3, 3.0, 10.0, 30.0)  # in ascending order
N_FOLDS = 3
LEAST_ROWS = 30  # to hold out in turn; with fewer, the held-out loss is mostly chance
MOST_ROWS = 2000  # that are used; more of them would hardly change the choice
# The fewest epochs and updates of the first part of a training, and of each further one, which starts from
# trained weights. L-BFGS makes one update in an epoch, but a large one, so only the epochs count.
FIRST, FURTHER = (15, 200), (8, 100)
# A network learns if a part of its training makes the held-out loss smaller than this share of what it was.
LEARNING, MOST_PARTS = 0.95, 12


@dataclass(eq=False)
class Fold:
    """The training of one network, and the rows that are held out from it."""

    run: Run
    held_out: Batch
    initial_params: Array  # (n_params,); all folds start with them

    def start_again(self):
        """Go back to the initial weights."""
        state = State(self.initial_params.copy(), np.random.default_rng(0), np.random.default_rng(0))
        self.run = Run(state, self.run.data, self.run.config)

    def start(self, alpha, fewest_epochs, fewest_updates):
        """Prepare a part of the training with an alpha, from the weights that there are."""
        state, config, n_epochs = self.run.state, self.run.config, fewest_epochs
        if not config.optimizer.takes_all_rows:
            updates_per_epoch = math.ceil(self.run.data.n_samples / config.batch_size)
            n_epochs = max(n_epochs, math.ceil(fewest_updates / updates_per_epoch))
        if alpha == config.alpha:
            state = state.for_another_run()
        else:
            state = State(state.params, state.shuffle_rng, state.dropout_rng)
        self.run = Run(state, self.run.data, replace(config, alpha=alpha, max_iter=n_epochs))

    @np.errstate(all="ignore")
    def loss(self):
        """Compute the mean loss of the held-out rows; infinite if it is not finite."""
        network = self.run.config.network
        loss = float(mean_loss(network, view_parameters(self.run.state.params, network.shape), self.held_out))
        return loss if math.isfinite(loss) else math.inf


@dataclass(eq=False)
class Choice:
    """An alpha to choose, or that has been chosen.

    Attributes
    ----------
    folds : list of Fold
    parts : list of tuple of float
        The parts of the training so far: their alpha, and the mean held-out loss at their end.
    """

    folds: list
    parts: list = field(default_factory=list)

    @property
    def losses(self):
        """The held-out loss of each alpha that has been tried, at the end of its last part."""
        return dict(self.parts)

    @property
    def next_alpha(self):
        """The alpha of the next part of the training; None if no further alpha may be better."""
        losses = list(self.losses.values())
        if len(losses) < 2 and self.is_learning:
            return ALPHAS[0]
        has_risen = len(losses) > 1 and losses[-1] > losses[-2]
        return None if has_risen or len(losses) == len(ALPHAS) else ALPHAS[len(losses)]

    @property
    def is_learning(self):
        """Whether the last part of the training has made the held-out loss smaller; true before two parts."""
        losses = [loss for _, loss in self.parts]
        return len(losses) < 2 or (losses[-1] < LEARNING * losses[-2] and len(losses) < MOST_PARTS)

    @property
    def is_open(self):
        """Whether a further alpha may be better."""
        return self.next_alpha is not None

    @property
    def alpha(self):
        """The best alpha so far."""
        return min(self.losses, key=self.losses.get)

    @property
    def path(self):
        """The alphas that were tried and their losses, as a fitted attribute."""
        return {"alpha": np.array(list(self.losses)), "loss": np.array(list(self.losses.values()))}

    @property
    def in_words(self):
        """Say what was chosen, and why."""
        losses = ", ".join(f"{alpha:g}: {loss:.6f}" for alpha, loss in self.losses.items())
        return f"alpha = {self.alpha:g}, chosen by the held-out loss ({losses})"

    def start_again(self):
        """Forget what has been tried, unless the choice has been made."""
        if self.is_open:
            self.parts.clear()
            for fold in self.folds:
                fold.start_again()

    def start_next(self):
        """Prepare the next part of the training of all folds."""
        for fold in self.folds:
            fold.start(self.next_alpha, *(FURTHER if self.parts else FIRST))

    def note_losses(self):
        """Record the held-out loss of all folds, which have the same number of rows."""
        self.parts.append((self.next_alpha, float(np.mean([fold.loss() for fold in self.folds]))))


def choose_alphas(choices, train_folds):
    """Find the best alphas for several fits at once, whose folds can be trained together.

    Parameters
    ----------
    choices : sequence of Choice
    train_folds : callable
        Trains a list of ``Fold``.
    """
    while some := [choice for choice in choices if choice.is_open]:
        for choice in some:
            choice.start_next()
        train_folds([fold for choice in some for fold in choice.folds])
        for choice in some:
            choice.note_losses()


def plan_choice(data, config, target_kind, y, init_scale):
    """Prepare the choice of alpha for a new network.

    Parameters
    ----------
    data : Data
    config : Config
        Of the training that follows. Its alpha is not read.
    target_kind : TargetKind
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
    init_scale : float or str
        The parameter of the estimator.

    Returns
    -------
    Choice or None
        None if there are too few rows.
    """
    rows, weights = distinct_rows(data)
    strata = target_kind.strata(y[rows])
    some = np.argsort(strata, kind="stable")[evenly(len(rows), MOST_ROWS)]
    rows, weights, folds = rows[some], weights[some], folds_of(strata[some], target_kind.n_kept)
    if np.count_nonzero(folds < N_FOLDS) < LEAST_ROWS:
        return None
    with np.errstate(over="ignore"):  # a network with infinite inputs has an infinite loss
        X = rows_of(data.X.take(rows).source.astype(np.float32))
        targets = data.targets[rows].astype(np.float32)
    params = initialise(config.network.shape, init_scale, np.random.default_rng(0), np.float32)
    return Choice(
        [
            fold_of(Data(X, targets, row_weights=weights), config, params, folds == number)
            for number in range(N_FOLDS)
        ]
    )


def fold_of(data, config, params, is_held_out):
    """Make the fold that holds out some of the rows; ``is_held_out`` is of shape (n_samples,)."""
    train, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
    run = Run(
        State(params, np.random.default_rng(0), np.random.default_rng(0)),
        replace(data, rows=train, row_weights=data.row_weights[train]),
        replace(config, batch_size=min(config.batch_size, len(train))),
    )
    rows = make_batch(data.X.take(held_out), data.targets[held_out], data.row_weights[held_out])
    fold = Fold(run, rows, params)
    fold.start_again()
    return fold


def evenly(n, n_most):
    """Choose at most ``n_most`` of the numbers below n, at equal distances."""
    n_some = min(n, n_most)
    return np.arange(n_some) * n // n_some


def folds_of(strata, n_kept):
    """Deal rows, sorted by their strata (n_samples,), to folds in turn; return the folds (n_samples,).

    All folds have the same number of rows. Rows that are left over have the number ``N_FOLDS``, and so have
    all rows of a stratum with at most ``n_kept`` rows: they always stay in training.
    """
    folds = np.full(len(strata), N_FOLDS)
    dealt = np.flatnonzero(np.bincount(strata)[strata] > n_kept)
    dealt = dealt[: len(dealt) // N_FOLDS * N_FOLDS]
    folds[dealt] = np.arange(len(dealt)) % N_FOLDS
    return folds


def distinct_rows(data):
    """Find the distinct pairs of row and target, in an order that depends only on their values.

    Returns the number (n_distinct,) of one row of each kind, and the sum (n_distinct,) of their weights.
    """
    rows = np.arange(data.n_samples) if data.rows is None else data.rows
    weights = np.ones(len(rows)) if data.row_weights is None else data.row_weights
    keys = np.array([*data.targets[rows].T.astype(np.float32), hashes_of_rows(data.X, rows)])
    order = np.lexsort(keys)
    is_new = np.append(True, (np.diff(keys[:, order]) != 0).any(axis=0))
    starts = np.flatnonzero(is_new)
    return rows[order[starts]], np.add.reduceat(weights[order], starts)


def hashes_of_rows(X, rows):
    """Hash rows of a design matrix: equal ones have equal hashes, also if one of the matrices is sparse.

    The hash is a sum over the features, each times an odd number of its own, modulo 2**64. A zero adds
    nothing. Returns an array (n_samples,) of floats.
    """
    factors = np.random.default_rng(0).integers(2**63, size=X.n_features, dtype=np.uint64) * 2 + 1
    sums = np.empty(len(rows), np.uint64)
    for block in row_blocks(len(rows), X.n_features, np.float64):
        taken = X.take(rows[block])
        if isinstance(taken, SparseRows):
            matrix = taken.source
            matrix.sum_duplicates()
            matrix = type(matrix)(
                (hashes_of_numbers(matrix.data), matrix.indices, matrix.indptr), matrix.shape
            )
        else:
            matrix = hashes_of_numbers(taken.source)
        sums[block] = matrix @ factors
    return (mixed_bits(sums) >> np.uint64(11)).astype(np.float64)  # 53 bits, which a float holds exactly


def hashes_of_numbers(values):
    """Hash numbers in single precision to 64 bits; the hash of zero is zero."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32) + np.float32(0)  # which removes the sign of zero
    return mixed_bits(single.view(np.uint32).astype(np.uint64))


def mixed_bits(integers):
    """Mix the bits of 64-bit integers: the last step of MurmurHash3 (Appleby, 2011)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        integers = integers ^ (integers >> np.uint64(33))
        integers = integers * np.uint64(factor)
    return integers ^ (integers >> np.uint64(33))
