"""How many networks were trained together, and why others were trained alone."""

from collections import Counter
from dataclasses import dataclass, field

from sknn_scratch._core.stack import stack_key
from sknn_scratch._fitting import groups
from sknn_scratch._fitting.troubles import Trouble, warn

# Why networks of L-BFGS are trained alone. They lose little by it, so no warning says so.
ONE_BY_ONE = "lbfgs trains one network at a time"


@dataclass
class Tally:
    """Counts of networks, and the warnings of another process."""

    n_together: int = 0
    alone: Counter = field(default_factory=Counter)  # by the reason
    troubles: list[Trouble] = field(default_factory=list)

    def add(self, other):
        """Add the counts of another tally."""
        self.n_together += other.n_together
        self.alone += other.alone
        self.troubles += other.troubles

    def note(self, group):
        """Note that a group has been trained."""
        if len(group) > 1:
            self.n_together += len(group)
        else:
            self.alone[reason_alone(group[0].run)] += 1

    def tell(self, verbose):
        """Repeat the warnings; warn if no networks were trained together; print a summary."""
        for trouble in self.troubles:
            warn(*trouble)
        n_networks = self.n_together + self.alone.total()
        reasons = [f"{n} alone: {reason}" for reason, n in self.alone.most_common()]
        if verbose > 0 and n_networks:
            summary = f"{self.n_together} of {n_networks} networks were trained together."
            print("\n  ".join([summary, *reasons]))  # noqa: T201 - that is what verbose asks for
        if n_networks > 1 and not self.n_together and set(self.alone) != {ONE_BY_ONE}:
            warn(f"None of {n_networks} networks were trained together. {'; '.join(reasons)}.")


def reason_alone(run):
    """Say why a network was trained alone."""
    if run.config.optimizer.takes_all_rows:
        return ONE_BY_ONE
    if stack_key(run) is None:
        return "its steps update only the features of a sparse batch"
    if 2 * groups.step_bytes(run) > groups.STEP_BYTES:
        n_hidden = run.config.network.shape.n_hidden
        return f"networks with {n_hidden} units here are too large to gain from shared passes"
    return "no other network with the same shape, settings and number of rows waited within the memory limit"
