"""tabular_pipeline: from a raw table to predictions."""

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from sknn_scratch._estimators.ensemble_classifier import ShallowNNEnsembleClassifier
from sknn_scratch._estimators.ensemble_regressor import ShallowNNEnsembleRegressor
from sknn_scratch._tables.columns import (
    CATEGORIES,
    NUMBERS,
    CategoryEncoder,
    category_columns,
    number_columns,
)
from sknn_scratch._tables.encoder import PiecewiseLinearEncoder

DEFAULTS = {"classifier": ShallowNNEnsembleClassifier, "regressor": ShallowNNEnsembleRegressor}
# On encoded tables of 60 rows and more, four networks that stop early were as good as one whose penalty is
# chosen in cross-validation, and better beyond 1,000 rows, in less time. Single precision changed nothing
# but the time. Few rows need many short epochs.
SETTINGS = {"n_networks": 4, "early_stopping": True, "max_iter": 1000, "dtype": "float32"}
# Categories of fewer training rows are grouped, and of the others all but the most frequent: a column with
# thousands of names would need gigabytes.
GROUPED = {"handle_unknown": "infrequent_if_exist", "min_frequency": 5, "max_categories": 100}


def tabular_pipeline(estimator: Any = "classifier", *, n_bins: int = 8) -> Pipeline:
    """Make a pipeline from a raw table, with text and gaps, to predictions.

    It has two steps. "columns" encodes the columns: numbers with :class:`PiecewiseLinearEncoder`, and
    strings, categories and booleans with one column of zeros and ones for each category. A missing category
    is a category of its own. Categories of fewer than five training rows are one group, together with those
    that training has not seen and, in a column of more than a hundred, the rarest. "network" predicts.

    Parameters
    ----------
    estimator : {"classifier", "regressor"} or estimator, default="classifier"
        What predicts. "classifier" and "regressor" are a :class:`ShallowNNEnsembleClassifier` and a
        :class:`ShallowNNEnsembleRegressor` of four networks in single precision, of which each holds a tenth
        of the rows out to stop early. Their other parameters are the defaults of the class.
    n_bins : int, default=8
        Number of bins of a column of numbers. See :class:`PiecewiseLinearEncoder`.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Not fitted. Its X is a data frame of pandas, polars or pyarrow, or an array. The columns are chosen by
        their types in ``fit``. After that, a frame may have more columns, in any order.

    Raises
    ------
    ValueError
        If ``estimator`` is none of these. In ``fit``: if columns hold neither numbers nor categories, such as
        dates and lists. The error names them, and says what to do.

    See Also
    --------
    PiecewiseLinearEncoder : What happens to the numbers.

    Notes
    -----
    Parameters have the names of the steps: ``network__alpha``, ``network__random_state``,
    ``columns__numbers__n_bins``, ``columns__categories__min_frequency``.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknn_scratch import tabular_pipeline
    >>> X = pd.DataFrame({"size": [2.0, 3.5, None, 1.0] * 10, "colour": ["red", "blue", None, "red"] * 10})
    >>> y = ["cheap", "dear", "dear", "cheap"] * 10
    >>> model = tabular_pipeline().set_params(network__random_state=0)
    >>> model.fit(X, y).predict(X.head(4))
    array(['cheap', 'dear', 'dear', 'cheap'], dtype='<U5')
    """
    columns = ColumnTransformer(
        [
            (NUMBERS, PiecewiseLinearEncoder(n_bins), number_columns),
            (CATEGORIES, CategoryEncoder(sparse_output=False, **GROUPED), category_columns),
        ]
    )
    return Pipeline([("columns", columns), ("network", network_for(estimator))])


def network_for(estimator):
    """Make the last step: the default for "classifier" or "regressor", or the given estimator."""
    if isinstance(estimator, str) and estimator in DEFAULTS:
        return DEFAULTS[estimator](**SETTINGS)
    if isinstance(estimator, type) or not hasattr(estimator, "predict"):
        raise ValueError(
            "estimator must be 'classifier', 'regressor' or an estimator, such as ShallowNNClassifier(), got "
            f"{estimator!r}."
        )
    return estimator
