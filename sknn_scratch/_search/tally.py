"""How many networks were trained together, and why others were trained alone."""

from sknn_scratch._core.stack import stack_key
from sknn_scratch._fitting import groups
from sknn_scratch._fitting.troubles import warn

TOGETHER = "together"
# Why networks of L-BFGS are trained alone. They lose little by it, so no warning says so.
ONE_BY_ONE = "lbfgs trains one network at a time"


def how_trained(group):
    """Say whether a group was trained together, and why not if it is a single network."""
    run = group[0].run
    if len(group) > 1:
        return TOGETHER
    if run.config.optimizer.takes_all_rows:
        return ONE_BY_ONE
    if stack_key(run) is None:
        return "its rows are sparse"
    if 2 * groups.step_bytes(run) > groups.STEP_BYTES:
        n_hidden = run.config.network.shape.n_hidden
        return f"networks with {n_hidden} units here are too large to gain from shared passes"
    return "no other network with the same shape, settings and number of rows waited within the memory limit"


def tell(tally, verbose):
    """Print a summary of a tally of networks by how they were trained; warn if none was trained together."""
    n_networks = tally.total()
    reasons = [f"{n} alone: {reason}" for reason, n in tally.most_common() if reason != TOGETHER]
    if verbose > 0 and n_networks:
        summary = f"{tally[TOGETHER]} of {n_networks} networks were trained together."
        print("\n  ".join([summary, *reasons]))  # noqa: T201 - that is what verbose asks for
    if n_networks > 1 and TOGETHER not in tally and set(tally) != {ONE_BY_ONE}:
        warn(f"None of {n_networks} networks were trained together. {'; '.join(reasons)}.")
