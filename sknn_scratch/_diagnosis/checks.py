"""The registry of findings: what ``diagnose`` looks for, and which findings explain others.

Each line of ``CHECKS`` is a finding. Its function takes Evidence and returns a measurement, or the reason why
it cannot measure. The two limits of the function, with their reasons, are in its module. ``explains`` names
the findings that follow from this one. If both are found, this one is the cause, and the other needs no
remedy of its own. Causes come before their effects. To add a check, write such a function and a line.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NamedTuple

from sknn_scratch._diagnosis import checks_of_training as of_training
from sknn_scratch._diagnosis import checks_of_units as of_units
from sknn_scratch._fitting import causes


class Check(NamedTuple):
    """How to look for a finding, and the names of the findings that follow from it."""

    look: Callable[[Any], Any]
    explains: tuple[str, ...] = ()


def of_features(measure: Callable[..., Any]) -> Callable[[Any], Any]:
    """Look at the features as the network sees them."""
    return lambda evidence: measure(evidence.features, evidence.feature_names)


UNLEARNT = ("stopped too early", "not converged", "nothing learnt", "underfitting", "class imbalance ignored")
NO_GRADIENT = ("saturation", "dead units", "vanishing gradient")
HARDLY_TRAINABLE = (*NO_GRADIENT, "exploding gradient", "overfitting", *UNLEARNT)

CHECKS = MappingProxyType(
    {
        "unscaled features": Check(of_features(causes.unscaled_features), HARDLY_TRAINABLE),
        "outliers": Check(of_features(causes.outliers), HARDLY_TRAINABLE),
        "outliers in y": Check(of_training.outliers_in_y, ("strong penalty", "overfitting", *UNLEARNT)),
        "tiny features": Check(
            of_features(causes.tiny_features), ("strong penalty", *NO_GRADIENT, "identical units", *UNLEARNT)
        ),
        "large initial weights": Check(
            lambda evidence: causes.large_initial_weights(evidence.fitted, evidence.features),
            HARDLY_TRAINABLE,
        ),
        "strong penalty": Check(of_training.strong_penalty, ("identical units", *NO_GRADIENT, *UNLEARNT)),
        "identical units": Check(of_units.identical_units, (*NO_GRADIENT, *UNLEARNT)),
        "exploding gradient": Check(of_training.exploding_gradient, (*NO_GRADIENT, "overfitting", *UNLEARNT)),
        "saturation": Check(
            of_units.saturation, ("dead units", "vanishing gradient", "overfitting", *UNLEARNT)
        ),
        "dead units": Check(of_units.dead_units, ("vanishing gradient", *UNLEARNT)),
        "vanishing gradient": Check(of_units.vanishing_gradient, UNLEARNT),
        "overfitting": Check(of_training.overfitting, ("underfitting",)),
        "stopped too early": Check(of_training.stopped_too_early, UNLEARNT[1:]),
        "not converged": Check(of_training.not_converged, UNLEARNT[2:]),
        "nothing learnt": Check(of_training.nothing_learnt, UNLEARNT[3:]),
        "underfitting": Check(of_units.underfitting, ("class imbalance ignored",)),
        "class imbalance ignored": Check(of_training.class_imbalance),
    }
)
