"""Remedies: tuples of options, of which those are written that are left to a network.

An option that is taken already is left out, and one that the solver does not read.
"""

import re
from collections.abc import Iterable
from numbers import Real
from typing import Any

from sknn_scratch._core.optimizers import OF_STOCHASTIC_SOLVERS, SOLVERS

# The reasons of trainings whose number of epochs was set beforehand.
ALL_EPOCHS = ("max_iter", "end_of_schedule")
CONTINUE = ("fit again", "use warm_start=True to continue from here")
# What helps trainings that end before their own rule is met, by the reason.
REMEDIES_OF_ENDS = {
    "max_iter": ("increase max_iter",),
    "line_search_failed": (
        "scale the features",
        "decrease init_scale",
        "use solver='adam'",
        "use dtype='float64'",
    ),
    "diverged": ("scale the features", "decrease learning_rate", "decrease init_scale"),
    "callback": CONTINUE,
    "interrupted": CONTINUE,
}
# An option that changes a parameter, such as "decrease tol" or "use activation='relu'".
OPTION = re.compile(r"(increase|decrease|use) (\w+)(?:=([\w']+))?")


def remedy_for(fitted: Any, options: Iterable[str]) -> str:
    left = [words for option in options if (words := words_of(fitted, option))]
    *others, last = left or ["scale the features"]
    words = f"{', '.join(others)}, or {last}" if others else last
    return f"{words[0].upper()}{words[1:]}."


def words_of(fitted, option):
    """Write an option with the number in use; empty if it is taken, or if the solver does not read it."""
    match = OPTION.match(option)
    if match is None:
        return option
    verb, name, value = match.groups()
    used = value_in_use(fitted, name)
    is_number = isinstance(used, Real)
    if (
        (name in OF_STOCHASTIC_SOLVERS and SOLVERS[fitted.solver_].takes_all_rows)
        or (verb == "use" and repr(used) == value)
        or (verb == "decrease" and not (is_number and used > (name == "n_hidden")))
    ):
        return ""
    return option.replace(name, f"{name}={used:g}") if is_number and verb != "use" else option


def value_in_use(fitted, parameter):
    """Get the value of a parameter, or what "auto" or None stands for."""
    if parameter == "early_stopping":
        return "val_loss" in fitted.history_
    if parameter == "max_iter" and fitted.max_iter == "auto":
        return fitted.n_iter_
    if parameter == "dtype":
        return fitted.coefs_[0].dtype.name
    return getattr(fitted, f"{parameter}_", getattr(fitted, parameter))
