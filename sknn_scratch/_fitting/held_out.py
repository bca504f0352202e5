"""The losses of a part of many rows for each alpha, and how long to train.

The best alpha of all rows is another one than of a sample, and a part of them is enough to hold out: a fifth,
or several in turn if a fifth is few rows. For each alpha, a network of few units trains on the other rows as
the fit does by default: with Adam and one cycle of the learning rate. The best alpha depends on the length of
the cycle. A short one is tried first, and longer ones as long as each is better, enough for the time that it
takes. Single precision ranks the alphas as well as double precision, in less time.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from sknn_scratch._core.blocks import mean_loss
from sknn_scratch._core.data import MANY_FEATURES, Data, clear_unused_features
from sknn_scratch._core.network import Batch, Network
from sknn_scratch._core.optimizers import Adam
from sknn_scratch._core.parameters import initialise, view_parameters
from sknn_scratch._core.rows import evenly
from sknn_scratch._core.stack import stack_key
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._core.training import train
from sknn_scratch._fitting.auto import FEWEST_CYCLE_EPOCHS, Pace, cycles, longest_cycle
from sknn_scratch._fitting.folds import LEAST_ROWS, MOST_VALUES, NOTHING, HeldOut
from sknn_scratch._fitting.threads import map_in_threads

ALPHAS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # in ascending order
# These are tried first.
FIRST_ALPHAS = (10.0, 30.0)
# A cycle is tried with two thirds of its epochs. A longer one is better if it lowers the least loss by this
# share. With less, tables took longer and were no better. With more, tables that a random network had
# generated were worse: 32 units gain less by further epochs than the units of the fit.
TRIED_SHARE, LEAST_GAIN = 2 / 3, 0.005
# If a cycle has lowered the loss by a tenth, a further one is tried. It must lower it by a twentieth, since
# it takes more than twice the time.
MUCH_GAIN, FURTHER_GAIN = 0.1, 0.05
N_PARTS = 5
# So many rows are held out at least, if there are as many, and at most.
LEAST_HELD_OUT, MOST_HELD_OUT = 700, 20_000
ADAM, LEARNING_RATE = Adam(beta_1=0.9, beta_2=0.999, epsilon=1e-8), 0.005  # the defaults of the estimators


def losses_by_alpha(data, strata, network, init_scale, any_length, say):
    """Find the mean held-out loss of each alpha that is tried, for the length of the cycle that is better.

    The rows are sorted by their strata. There are no losses if too few can be held out. Without
    ``any_length``, the cycle is the longest. ``say`` takes a line of text for each network that was tried.
    """
    to_spare = np.flatnonzero(strata.may_be_held_out)
    if len(to_spare) < LEAST_ROWS:
        return NOTHING
    parts = [to_spare[number::N_PARTS] for number in range(N_PARTS)]
    parts = parts[: math.ceil(LEAST_HELD_OUT / len(parts[0]))]
    n_each = min(len(parts[-1]), MOST_HELD_OUT)  # networks with equal numbers of rows are trained together
    parts = [part[evenly(len(part), n_each)] for part in parts]
    data = in_single_precision(data)
    numbers = np.arange(data.n_samples)
    splits = [(data.part(np.delete(numbers, part)), data.part(part).batch()) for part in parts]
    trials = Trials(splits, network, init_scale, say)
    if any_length:
        return losses_of_best_length(trials, *cycles(data.n_samples, network.shape.n_features))
    return trials.around(FIRST_ALPHAS, longest_cycle(data.n_samples))._replace(n_epochs=math.inf)


def losses_of_best_length(trials, shortest, *longer_ones):
    """Find the losses for the length of the cycle that is better, from the shortest one on.

    A longer cycle is tried with the best alpha so far. If the loss is not low enough, the second best follows
    if it is higher, since a longer cycle may need a stronger penalty. Others are tried only with the length
    that is taken.
    """
    pace, has_gained_much = shortest.pace, False
    alpha, other = trials.around(FIRST_ALPHAS, pace).ranked[:2]
    for longer in longer_ones:
        if longer.is_further and not has_gained_much:
            break
        least = trials.of(alpha, pace)
        enough = less_by(FURTHER_GAIN if longer.is_further else LEAST_GAIN, least)
        if other > alpha and not trials.of(alpha, longer.pace) < enough:
            alpha, other = other, alpha
        loss = trials.of(alpha, longer.pace)
        if not loss < enough:
            break
        pace, has_gained_much = longer.pace, loss < less_by(MUCH_GAIN, least)
    return trials.around((alpha, other), pace)


def less_by(share, loss):
    """Lower a loss, which may be negative, by a share of it."""
    return loss - share * abs(loss)


@np.errstate(over="ignore")  # a number that is too large becomes infinite, and so does the loss
def in_single_precision(data):
    """Copy the rows to train on and their targets, unless this would take much memory.

    So it does not matter what else X has: rows of weight zero, or the same ones again.
    """
    if data.n_samples * data.X.values_per_row > MOST_VALUES:
        return data
    X, targets = data.X.take(data.rows), data.targets[data.rows]
    return replace(data, X=X.astype(np.float32), targets=targets.astype(np.float32), rows=None)


@dataclass(frozen=True, eq=False)
class Trials:
    """Networks that are trained without a part of the rows, which is held out."""

    splits: Sequence[tuple[Data, Batch]]  # for each part, the other rows, and the rows of the part
    network: Network
    init_scale: float | str
    say: Callable[[str], None]
    # The mean loss of each alpha that was tried, for each pace.
    losses: dict[Pace, dict[float, float]] = field(default_factory=lambda: defaultdict(dict))

    def around(self, pair, pace):
        """Find the losses of two alphas, and of others beyond the better one until the loss rises."""
        lower, upper = sorted(pair)
        if self.of(lower, pace) <= self.of(upper, pace):
            from_better = [alpha for alpha in reversed(ALPHAS) if alpha <= lower]
        else:
            from_better = [alpha for alpha in ALPHAS if alpha >= upper]
        for alpha, beyond in pairwise(from_better):
            if not self.of(beyond, pace) < self.of(alpha, pace):
                break
        n_held_out = sum(held_out.X.n_samples for _, held_out in self.splits)
        return HeldOut(dict(sorted(self.losses[pace].items())), n_held_out, pace.max_iter)

    def of(self, alpha, pace):
        """Find the mean loss of all parts for an alpha, once."""
        losses = self.losses[pace]
        if alpha not in losses:
            losses[alpha] = self.try_out(alpha, pace)
        return losses[alpha]

    def try_out(self, alpha, pace):
        """Compute the mean loss of all parts for an alpha, with a part of the epochs of a pace.

        For each part of the rows, a network trains on the others.
        """
        pace = pace._replace(max_iter=max(FEWEST_CYCLE_EPOCHS, math.ceil(TRIED_SHARE * pace.max_iter)))
        runs = [run_of(alpha, data, self.network, self.init_scale, pace) for data, _ in self.splits]
        are_alone = any(stack_key(run) is None for run in runs)
        with map_in_threads(1) as map_blocks:
            for group in [[run] for run in runs] if are_alone else [runs]:
                train(group, map_blocks=map_blocks)
        if any(run.is_interrupted for run in runs):
            raise KeyboardInterrupt
        losses = [loss_of(run, held_out) for run, (_, held_out) in zip(runs, self.splits, strict=True)]
        loss = float(np.mean(losses))
        self.say(f"tried alpha = {alpha:g} for {pace.max_iter} epochs: held-out loss = {loss:.6f}")
        return loss


def run_of(alpha, data, network, init_scale, pace):
    """Make a run whose random numbers are the same for every alpha."""
    config = Config(network, ADAM, learning_rate=LEARNING_RATE, alpha=alpha, **pace._asdict())
    rng = np.random.default_rng(0)
    params = initialise(network.shape, init_scale, rng, data.targets.dtype)
    if data.X.n_features >= MANY_FEATURES:
        clear_unused_features(params, network.shape, data)
    return Run(State(params, shuffle_rng=rng, dropout_rng=rng), data, config)


@np.errstate(all="ignore")  # a loss that is not finite counts as infinite
def loss_of(run, held_out):
    """Compute the mean loss of the rows that are held out."""
    network = run.config.network
    loss = float(mean_loss(network, view_parameters(run.state.params, network.shape), held_out))
    return loss if math.isfinite(loss) else math.inf
