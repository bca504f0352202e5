"""How many observations choose alpha, and the length of the cycle of the learning rate.

Some of them are held out, and networks train on the others as the fit does by default: by Adam, with one
cycle. Single precision ranks the alphas as well, in less time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from sknn_scratch._core.blocks import row_losses
from sknn_scratch._core.data import MANY_FEATURES, clear_unused_features
from sknn_scratch._core.network import Network
from sknn_scratch._core.optimizers import Adam
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import evenly
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._core.training import Hooks
from sknn_scratch._fitting.decide import FEWEST_CYCLE_EPOCHS, LONGEST_CYCLE, MOST_EPOCHS, longest_cycle
from sknn_scratch._fitting.observations import Observations
from sknn_scratch._fitting.passes import train_fits
from sknn_scratch._fitting.threads import one_blas_thread
from sknn_scratch._fitting.trials import LEAST_ROWS, MOST_VALUES, NOTHING, Tried, less_by, mean_of

# Cycles that are shorter than the longest have these shares of its epochs, for a y with less to learn.
SHORTER_CYCLES = (0.125, 0.35)
# A further one has so many times its epochs, for a y with little noise.
FURTHER_CYCLE = 2.5
# If the longest cycle has more epochs than this, it is itself the further one, and none is longer: few rows
# seldom gain by so many epochs. This is not so with at most ``FEW_FEATURES``, along which y may bend often.
MANY_CYCLE_EPOCHS, FEW_FEATURES = 60, 5
ALPHAS_OF_MANY = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # in ascending order
FIRST_ALPHAS = (10.0, 30.0)  # these are tried first
# A longer cycle is better if it lowers the least loss by this share.
LEAST_GAIN = 0.005
# If a cycle has lowered the loss by a tenth, a further one is tried. It must lower it by a twentieth, since
# it takes more than twice the time.
MUCH_GAIN, FURTHER_GAIN = 0.1, 0.05
# A cycle is tried with two thirds of its epochs.
TRIED_SHARE = 2 / 3
N_PARTS = 5
# So many rows are held out at least, if there are as many, and at most in each part.
LEAST_HELD_OUT, MOST_HELD_OUT = 700, 20_000
# All parts are held out if two alphas differ by less than two standard errors, and if one is more than this
# share of the loss of a constant: few rows with a y far from all others then have most of it.
CERTAIN, MOST_BY_CHANCE = 2.0, 0.01
ADAM = Adam(beta_1=0.9, beta_2=0.999, epsilon=1e-8)  # the defaults of the estimators


def losses_of_many(seen, network, draw_params, any_length, say):
    """Find the losses of the alphas that are tried, and how long to train.

    ``draw_params`` is ``initial_params`` with an ``init_scale``, and ``say`` takes lines of text.
    """
    trials = TrialsOfMany(seen, network, draw_params, say)
    if sum(map(len, trials.parts)) < LEAST_ROWS:
        return NOTHING
    if any_length:
        usual, further = cycles(trials.longest, seen.data.n_samples, network.shape.n_features)
        return losses_of_best_length(trials, usual, further)
    return losses_around(trials, FIRST_ALPHAS, trials.longest.max_iter)._replace(n_epochs=math.inf)


def losses_around(trials, pair, n_epochs):
    """Find the losses of two alphas, and of others beyond the better one until the loss rises.

    If chance may explain the first rise, it goes on once.
    """
    lower, upper = sorted(pair)
    trials.hold_out_all_if_in_doubt(lower, upper, n_epochs)
    if trials.mean(lower, n_epochs) <= trials.mean(upper, n_epochs):
        best, *others = [alpha for alpha in reversed(ALPHAS_OF_MANY) if alpha <= lower]
    else:
        best, *others = [alpha for alpha in ALPHAS_OF_MANY if alpha >= upper]
    may_rise = True
    for alpha in others:
        rise = trials.mean(alpha, n_epochs) - trials.mean(best, n_epochs)
        if rise < 0:
            best = alpha
        elif may_rise and rise <= trials.chance_between(alpha, best, n_epochs):
            may_rise = False
        else:
            break
    return Tried(trials.means(n_epochs), trials.n_held_out, n_epochs)


def losses_of_best_length(trials, usual, further):
    """Find the losses for the length of the cycle that is better, from the shortest one on.

    First, two alphas or more are tried with the shortest cycle. Then the next cycle is tried with the best
    alpha. If this does not lower the loss enough, it may be tried with the second best: if that is larger,
    since a longer cycle may need a stronger penalty; or if the best is the largest of all, since it is for
    networks that have learned nothing yet, and a weaker penalty may let them begin. Once a cycle does not
    lower the loss enough, the one before is taken. At the end, other alphas are tried with it.
    """
    n_epochs, *longer_ones = sorted({*usual, further})
    has_gained_much = False
    alpha, other = losses_around(trials, FIRST_ALPHAS, n_epochs).ranked[:2]
    for longer in longer_ones:
        is_further = longer not in usual
        if is_further and not has_gained_much:
            break
        least = trials.mean(alpha, n_epochs)
        enough = less_by(FURTHER_GAIN if is_further else LEAST_GAIN, least)
        may_swap = other > alpha or alpha == ALPHAS_OF_MANY[-1]
        if may_swap and not trials.mean(alpha, longer) < enough:
            alpha, other = other, alpha
        loss = trials.mean(alpha, longer)
        if not loss < enough:
            break
        n_epochs, has_gained_much = longer, loss < less_by(MUCH_GAIN, least)
    return losses_around(trials, (alpha, other), n_epochs)


def cycles(longest, n_rows, n_features):
    """Choose the usual lengths of a cycle, in epochs, and a further one, for a y with little noise."""
    n_epochs = longest.max_iter
    usual = {max(FEWEST_CYCLE_EPOCHS, math.ceil(share * n_epochs)) for share in SHORTER_CYCLES}
    if n_epochs > MANY_CYCLE_EPOCHS and n_features > FEW_FEATURES:
        return usual, n_epochs
    n_batches = math.ceil(n_rows / longest.batch_size)
    further = min(MOST_EPOCHS, math.ceil(LONGEST_CYCLE / n_batches), math.ceil(FURTHER_CYCLE * n_epochs))
    return {*usual, n_epochs}, max(n_epochs, further)


class SilentTraining(Hooks):
    """A run that reports nothing."""

    def __init__(self, run):
        self.run = run


@dataclass(eq=False)
class TrialsOfMany:
    """Trials with many observations: a fifth of them is held out, or several fifths in turn."""

    seen: Observations
    network: Network
    draw_params: Callable
    say: Callable[[str], None]
    losses: dict = field(default_factory=dict)  # (n_part,) by alpha, number of epochs and number of the part

    def __post_init__(self) -> None:
        self.data, self.splits = in_single_precision(self.seen.data), {}
        self.longest = longest_cycle(self.data.n_samples)
        numbers = self.seen.dealt(N_PARTS)
        parts = [np.flatnonzero(numbers == part) for part in range(N_PARTS)]
        if not self.seen.are_grouped:  # networks of equal numbers of rows train together
            n_each = min(MOST_HELD_OUT, *map(len, parts))
            parts = [part[evenly(len(part), n_each)] for part in parts]
        self.parts = [part for part in parts if len(part)]
        n_each = min(map(self.seen.n_independent, self.parts), default=1)
        self.n_parts = min(len(self.parts), math.ceil(LEAST_HELD_OUT / n_each))

    @property
    def held_out(self):
        """The places of all observations that are held out."""
        return np.concatenate(self.parts[: self.n_parts])

    @property
    def n_held_out(self):
        return self.seen.n_independent(self.held_out)

    def of(self, alpha, n_epochs):
        """Find the losses (n_held_out,) for an alpha and a length of the cycle, each part once."""
        new = [part for part in range(self.n_parts) if (alpha, n_epochs, part) not in self.losses]
        for part, losses in zip(new, self.try_out(alpha, n_epochs, new), strict=True):
            self.losses[alpha, n_epochs, part] = losses
        of_parts = [self.losses[alpha, n_epochs, part] for part in range(self.n_parts)]
        return np.concatenate(of_parts) / self.n_parts

    def mean(self, alpha, n_epochs):
        return mean_of(self.of(alpha, n_epochs))

    def hold_out_all_if_in_doubt(self, alpha, other, n_epochs):
        """Hold out all parts if chance may decide between two alphas, and if this may cost much."""
        chance = self.chance_between(alpha, other, n_epochs)
        may_be_chance = abs(self.mean(alpha, n_epochs) - self.mean(other, n_epochs)) < CERTAIN * chance
        if may_be_chance and chance > MOST_BY_CHANCE * self.seen.loss_of_a_constant():
            self.n_parts = len(self.parts)

    def chance_between(self, alpha, other, n_epochs):
        """Estimate the standard error of the difference between the mean losses of two alphas."""
        differences = self.seen.sums(self.of(alpha, n_epochs) - self.of(other, n_epochs), self.held_out)
        return math.sqrt(len(differences)) * float(differences.std())

    def means(self, n_epochs):
        """Compute the mean loss of each alpha that was tried with a length, in ascending order."""
        alphas = sorted({alpha for alpha, its_length, _ in self.losses if its_length == n_epochs})
        return {alpha: self.mean(alpha, n_epochs) for alpha in alphas}

    def try_out(self, alpha, n_epochs, parts):
        """List the losses (n_part,) of each part, for networks that train for most of a cycle's epochs."""
        if not parts:
            return []
        n_epochs = max(FEWEST_CYCLE_EPOCHS, math.ceil(TRIED_SHARE * n_epochs))
        train_data, held_out = zip(*map(self.split, parts), strict=True)
        runs = [self.run_of(alpha, data, n_epochs) for data in train_data]
        train_fits(list(map(SilentTraining, runs)))
        if any(run.is_interrupted for run in runs):
            raise KeyboardInterrupt
        with one_blas_thread(), np.errstate(all="ignore"):  # a loss that is not finite counts as infinite
            losses = [
                row_losses(self.network, view_parameters(run.state.params, self.network.shape), batch)
                for run, batch in zip(runs, held_out, strict=True)
            ]
        mean = float(np.mean([one.sum() for one in losses]))
        self.say(f"tried alpha = {alpha:g} for {n_epochs} epochs: held-out loss = {mean:.6f}")
        return losses

    def split(self, part):
        """Get the rows to train without a part, and the part."""
        if part not in self.splits:
            places = self.parts[part]
            others = np.delete(np.arange(self.data.n_samples), places)
            self.splits[part] = self.data.part(others), self.data.part(places).batch()
        return self.splits[part]

    def run_of(self, alpha, data, n_epochs):
        """Make a run whose random numbers are the same for every alpha."""
        pace = self.longest._replace(max_iter=n_epochs)._asdict()
        config = Config(self.network, ADAM, learning_rate=ADAM.usual_learning_rate, alpha=alpha, **pace)
        dtype, rng = data.targets.dtype, np.random.default_rng(0)
        params = self.draw_params(self.network.shape, self.seen.features, dtype)
        if data.X.n_features >= MANY_FEATURES:
            clear_unused_features(params, self.network.shape, data)
        return Run(State(params, shuffle_rng=rng, dropout_rng=rng), data, config)


@np.errstate(over="ignore")  # a number that is too large becomes infinite, and so does the loss
def in_single_precision(data):
    """Copy the rows to train on and their targets, unless this would take much memory.

    So it does not matter what else X has: rows of weight zero, or the same ones again.
    """
    if data.n_samples * data.X.values_per_row > MOST_VALUES:
        return data
    X, targets = data.X.take(data.rows), data.targets[data.rows]
    return replace(data, X=X.astype(np.float32), targets=targets.astype(np.float32), rows=None)
