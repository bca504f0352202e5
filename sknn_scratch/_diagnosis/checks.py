"""The registry of findings: what ``diagnose`` looks for, and which findings explain others.

Here are the causes for which a network learns nothing (``_causes``), and below them what such a network, or
another one, looks like. To add a finding, write a function of an Examination, as those of the causes are.
"""

from types import MappingProxyType

from sknn_scratch._causes.causes import BAD_RESULT, CAUSES, NO_GRADIENT, Cause
from sknn_scratch._diagnosis import checks_of_training as of_training
from sknn_scratch._diagnosis import checks_of_units as of_units

CHECKS = MappingProxyType(
    {
        **CAUSES,
        "identical units": Cause(of_units.identical_units, (*NO_GRADIENT, *BAD_RESULT)),
        "saturation": Cause(
            of_units.saturation, ("dead units", "vanishing gradient", "overfitting", *BAD_RESULT)
        ),
        "dead units": Cause(of_units.dead_units, ("vanishing gradient", *BAD_RESULT)),
        "vanishing gradient": Cause(of_units.vanishing_gradient, BAD_RESULT),
        "overfitting": Cause(of_training.overfitting, ("underfitting",)),
        "stopped too early": Cause(of_training.stopped_too_early, BAD_RESULT[1:]),
        "not converged": Cause(of_training.not_converged, BAD_RESULT[2:]),
        "nothing learnt": Cause(of_training.nothing_learnt, BAD_RESULT[3:]),
        "underfitting": Cause(of_units.underfitting, ("class imbalance ignored",)),
        "class imbalance ignored": Cause(of_training.class_imbalance),
    }
)
