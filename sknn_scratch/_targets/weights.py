"""One weight for each row, from the weights of rows and of classes."""

from numbers import Real

import numpy as np


def combine_weights(sample_weight, by_class):
    """Multiply sample weights and class weights, each (n_samples,) or None for ones."""
    given = [weights for weights in (by_class, sample_weight) if weights is not None]
    if not given:
        return None
    weights = np.prod(given, axis=0) if len(given) > 1 else given[0]
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not 0 < total < np.inf:
        raise ValueError(
            "The weights of the rows, sample_weight times class_weight, must have a positive and finite sum, "
            f"but it is {total}. Pass at least one row with a positive weight, of a class with a positive "
            "weight, and no weights that overflow."
        )
    return weights


def distinct_values(values, weights):
    """Sort the values (n,) that have a positive weight; return each once, with the sum of its weights (n,).

    Weights of None are ones. The sums do not depend on the order of the rows.
    """
    if weights is None:
        values, counts = np.unique(values, return_counts=True)
        return values, counts.astype(float)
    order = np.lexsort((weights, values))
    order = order[weights[order] > 0]
    values, weights = values[order], weights[order]
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return values[starts], np.add.reduceat(weights, starts)


def class_weights(class_weight, y, classes, sample_weight):
    """Compute the class weight of each row (n_samples,).

    Balanced weights count the sample weights, so a weight of two is the same as a row that is there twice.
    """
    if y.ndim == 2:
        if isinstance(class_weight, dict):
            raise ValueError(
                "class_weight must be 'balanced' or None for multilabel y, whose rows have no single class "
                f"that a dict could name, got {class_weight}; use sample_weight instead."
            )
        weights = [class_weights("balanced", label, np.unique(label), sample_weight) for label in y.T]
        return np.prod(weights, axis=0)
    numbers = np.searchsorted(classes, y)  # of each row's class
    if isinstance(class_weight, dict):
        by_class = _given_class_weights(class_weight, classes)
    else:
        counted = np.ones(len(y)) if sample_weight is None else sample_weight
        rows = np.argsort(counted)  # so that sums do not depend on the order of the rows
        totals = np.bincount(numbers[rows], counted[rows], len(classes))
        n_present = np.count_nonzero(totals)
        by_class = np.divide(totals.sum(), n_present * totals, out=np.zeros_like(totals), where=totals > 0)
    return by_class[numbers]


def _given_class_weights(class_weight, classes):
    labels = list(classes)  # tolist() would convert dates to other types
    unknown = [label for label in class_weight if label not in labels]
    if unknown and any(label not in class_weight for label in labels):  # a fold may lack a named class
        raise ValueError(
            f"class_weight has classes that are not in y: {unknown}. The classes are {classes.tolist()}."
        )
    if not all(isinstance(weight, Real) and 0 <= weight < np.inf for weight in class_weight.values()):
        raise ValueError(f"class_weight must have finite weights that are not negative, got {class_weight}.")
    return np.array([class_weight.get(label, 1.0) for label in labels])
