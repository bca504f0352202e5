"""alpha="auto": the strength of the penalty, chosen by the data in cross-validation.

    plan_choice     cut the training rows into folds, or see that there are too few of them
    choose_alphas   train the networks of the folds with one alpha after the other

The network of a fold is trained on the rows outside the fold, in stages of a few iterations. It starts with
the smallest alpha, and stays with it while it learns: else the next alpha would look better only because more
training came before it. Then each stage has the next alpha, and goes on with the weights of the last one. If
the held-out loss is higher than with the alpha before, training stays with this alpha while it learns. If the
loss is still higher then, the path ends. The largest alpha first would fail: under a strong penalty a network
may collapse to zero, and does not come back from there.

The choice depends only on which rows there are, and on their weights. Their order and ``random_state`` play
no part. Rows with equal features and equal targets are joined to one, with the sum of their weights, so they
never lie on both sides of a split. The networks of the folds compute in single precision, which is precise
enough for a choice, unless a user's activation may need the precision of the fit.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from sknn_scratch._core.activations import Activation, Array
from sknn_scratch._core.blocks import mean_loss, row_blocks
from sknn_scratch._core.data import Data
from sknn_scratch._core.lazy import clear_unused_features, updates_lazily
from sknn_scratch._core.network import Batch, make_batch
from sknn_scratch._core.parameters import initialise, view_parameters
from sknn_scratch._core.rows import SparseRows, rows_of
from sknn_scratch._core.state import Config, Run, State

ALPHAS = (0.3, 3.0, 10.0, 30.0)  # in ascending order
N_FOLDS = 3
LEAST_ROWS = 30  # to hold out in turn; with fewer, the held-out loss is mostly chance
MOST_ROWS = 2000  # that are used; more of them would hardly change the choice
# The fewest epochs and updates of the first stage of a training, and of each further one, which starts from
# trained weights. L-BFGS makes one update in an epoch, but a large one, so only the epochs count.
FIRST, FURTHER = (25, 200), (8, 100)
# A network learns if a stage of its training makes the held-out loss smaller than this share of what it was.
LEARNING = 0.95
MOST_STAGES = 12  # with one alpha


@dataclass(eq=False)
class Fold:
    """The training of one network, and the rows that are held out from it."""

    data: Data
    held_out: Batch
    config: Config
    initial_params: Array  # (n_params,); all folds start with them
    run: Run = field(init=False)

    def __post_init__(self):
        self.start_again()

    def start_again(self):
        """Go back to the initial weights."""
        state = State(self.initial_params.copy(), np.random.default_rng(0), np.random.default_rng(0))
        if updates_lazily(self.config, self.data):
            clear_unused_features(state.params, self.config.network.shape, self.data)
        self.run = Run(state, self.data, self.config)

    def start(self, alpha, fewest_epochs, fewest_updates):
        """Prepare a stage of the training with an alpha, from the weights that there are."""
        state, config, n_epochs = self.run.state, self.run.config, fewest_epochs
        if not config.optimizer.takes_all_rows:
            updates_per_epoch = math.ceil(self.data.n_samples / config.batch_size)
            n_epochs = max(n_epochs, math.ceil(fewest_updates / updates_per_epoch))
        if alpha == config.alpha:
            state = state.for_another_run()
        else:
            state = State(state.params, state.shuffle_rng, state.dropout_rng)
        self.run = Run(state, self.data, replace(config, alpha=alpha, max_iter=n_epochs))

    @np.errstate(all="ignore")
    def loss(self):
        """Compute the mean loss of the held-out rows; infinite if it is not finite."""
        network = self.run.config.network
        loss = float(mean_loss(network, view_parameters(self.run.state.params, network.shape), self.held_out))
        return loss if math.isfinite(loss) else math.inf


@dataclass(eq=False)
class Choice:
    """An alpha to choose, or that has been chosen."""

    folds: list[Fold]
    usual: float  # the alpha without a choice
    # The alpha of each stage of the training so far, and the mean held-out loss at its end.
    stages: list[tuple[float, float]] = field(default_factory=list)

    @property
    def losses(self):
        """The held-out loss of each alpha that has been tried, at the end of its last stage."""
        return dict(self.stages)

    @property
    def next_alpha(self):
        """The alpha of the next stage of the training; None if the choice has been made."""
        losses = list(self.losses.values())
        if not losses:
            return ALPHAS[0]
        has_risen = len(losses) > 1 and losses[-1] > losses[-2]
        if (len(losses) == 1 or has_risen) and self.is_learning:
            return ALPHAS[len(losses) - 1]
        return None if has_risen or len(losses) == len(ALPHAS) else ALPHAS[len(losses)]

    @property
    def is_learning(self):
        """Whether the last stage has made the held-out loss much smaller, or is the first with its alpha."""
        alpha, _ = self.stages[-1]
        losses = [loss for of_stage, loss in self.stages if of_stage == alpha]
        return len(losses) < 2 or (losses[-1] < LEARNING * losses[-2] and len(losses) < MOST_STAGES)

    @property
    def is_open(self):
        """Whether the choice has not been made."""
        return self.next_alpha is not None

    @property
    def alpha(self):
        """The best alpha so far; the usual one if no loss is finite."""
        best = min(self.losses, key=self.losses.get)
        return best if math.isfinite(self.losses[best]) else self.usual

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
            self.stages.clear()
            for fold in self.folds:
                fold.start_again()

    def start_next(self):
        """Prepare the next stage of the training of all folds."""
        for fold in self.folds:
            fold.start(self.next_alpha, *(FURTHER if self.stages else FIRST))

    def note_losses(self):
        """Record the held-out loss of all folds, which have the same number of rows."""
        self.stages.append((self.next_alpha, float(np.mean([fold.loss() for fold in self.folds]))))


def choose_alphas(choices, train_folds):
    """Find the best alphas for several fits at once, whose folds ``train_folds(folds)`` trains together."""
    while some := [choice for choice in choices if choice.is_open]:
        for choice in some:
            choice.start_next()
        train_folds([fold for choice in some for fold in choice.folds])
        for choice in some:
            choice.note_losses()


def plan_choice(data, config, target_kind, y, init_scale):
    """Prepare the choice of alpha for a new network, or return None if there are too few rows.

    The config is that of the training that follows, with the alpha without a choice; y has all rows.
    """
    rows, weights = distinct_rows(data)
    strata = target_kind.strata(y[rows])
    some = np.argsort(strata, kind="stable")[evenly(len(rows), MOST_ROWS)]
    rows, weights, folds = rows[some], weights[some], folds_of(strata[some], target_kind.n_kept)
    if np.count_nonzero(folds < N_FOLDS) < LEAST_ROWS:
        return None
    dtype = data.targets.dtype if isinstance(config.network.activate, Activation) else np.float32
    params = initialise(config.network.shape, init_scale, np.random.default_rng(0), dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # infinite numbers make the losses infinite
        X, targets = data.X.take(rows).source.astype(dtype), data.targets[rows].astype(dtype)
        data = Data(rows_of(X), targets, row_weights=weights)
        all_folds = [fold_of(data, config, params, folds == number) for number in range(N_FOLDS)]
    return Choice(all_folds, config.alpha)


def fold_of(data, config, params, is_held_out):
    """Make the fold that holds out some of the rows; ``is_held_out`` is of shape (n_samples,)."""
    train, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
    return Fold(
        replace(data, rows=train, row_weights=data.row_weights[train]),
        make_batch(data.X.take(held_out), data.targets[held_out], data.row_weights[held_out]),
        replace(config, batch_size=min(config.batch_size, len(train))),
        params,
    )


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
    with np.errstate(over="ignore"):
        targets = data.targets[rows].T.astype(np.float32)
    keys = np.array([*targets, hashes_of_rows(data.X, rows)])
    order = np.lexsort(keys)
    keys = keys[:, order]
    is_new = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))
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
