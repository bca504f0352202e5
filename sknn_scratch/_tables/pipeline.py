"""tabular_pipeline: from a raw table to predictions; and the Pipeline that it makes."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Protocol, Self

from sklearn import get_config
from sklearn.base import clone, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import has_fit_parameter

from sknn_scratch._estimators.base import BaseShallowNN
from sknn_scratch._estimators.classifier import ShallowNNEnsembleClassifier
from sknn_scratch._estimators.methods import all_or_nothing, available_if
from sknn_scratch._estimators.regressor import ShallowNNEnsembleRegressor
from sknn_scratch._tables.means import CONTINUOUS, MeanEncoder
from sknn_scratch._tables.piecewise_encoder import PiecewiseLinearEncoder
from sknn_scratch._tables.relevance import RelevantComponents
from sknn_scratch._tables.small_network import small_network
from sknn_scratch._tables.table_encoder import TableEncoder
from sknn_scratch._tables.text_encoder import TextEncoder

DEFAULTS = {"classifier": ShallowNNEnsembleClassifier, "regressor": ShallowNNEnsembleRegressor}
# Twice as many networks as "auto" are slightly better, in twice the time. Single precision changed only the
# time; relevance.py does without it where rounding errors could change the choice of alpha.
SETTINGS = {"n_networks": "auto", "dtype": "float32"}
# Categories of fewer training rows are grouped, and of the others all but the most frequent. docs/defaults.md
# says why means of y take the place of one-hot where this would group too many rows.
GROUPED = {"handle_unknown": "infrequent_if_exist", "min_frequency": 5, "max_categories": 300}
# Beside means of y, categories of fewer rows are grouped. The mean that a row sees lacks the y of its fold:
# with the sum of all, which the weights of a category learn, it tells this y, and that of held-out rows.
FREQUENT_ROWS = 20


class TabularPipeline(Pipeline):  # type: ignore[misc]  # scikit-learn has no types
    """A Pipeline that a fit changes as a whole, or not at all; :func:`tabular_pipeline` makes it.

    If a fit fails or is interrupted, scikit-learn's :class:`~sklearn.pipeline.Pipeline` has new encoders
    before the old network, whose predictions are wrong without a word. This one and its steps stay as they
    were. For that, an estimator of another package must not change its attributes in place, but set new ones,
    as scikit-learn's do without ``warm_start``.

    Parameters
    ----------
    steps : list of (str, estimator)
        The names and estimators of the steps.
    transform_input, memory, verbose : default=None, None, False
        As in :class:`~sklearn.pipeline.Pipeline`.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn_scratch import tabular_pipeline
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> model = tabular_pipeline("regressor", random_state=0).fit(X, X[:, 0])
    >>> before = model.predict(X)
    >>> try:
    ...     model.set_params(network__alpha=-1).fit(100 * X, X[:, 1])
    ... except ValueError:
    ...     bool((model.predict(X) == before).all())
    True
    """

    __metadata_request__fit: ClassVar = {"groups": UNUSED}  # by itself: the steps ask for them

    def fit(self, X: Any, y: Any = None, *, groups: Any = None, **params: Any) -> Self:
        """Fit all steps, as :meth:`sklearn.pipeline.Pipeline.fit` does.

        Parameters
        ----------
        X, y : table, array-like
            The rows and what to predict.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together, such as those of a person: for all steps that take groups.
        **params : dict
            Arguments of the steps, such as ``network__sample_weight``.

        Returns
        -------
        self : object
            The fitted pipeline.
        """
        with all_or_nothing(self, *estimators_in(self)):
            super().fit(X, y, **params | self._groups_for_steps(groups))
        return self

    @available_if(lambda self: bool(super().fit_transform))
    def fit_transform(self, X: Any, y: Any = None, *, groups: Any = None, **params: Any) -> Any:
        """Fit, and transform the rows, as :meth:`sklearn.pipeline.Pipeline.fit_transform` does.

        Parameters
        ----------
        X, y, groups, **params : table, array-like, dict
            As in ``fit``.

        Returns
        -------
        transformed : ndarray of shape (n_samples, n_features_out)
        """
        with all_or_nothing(self, *estimators_in(self)):
            return super().fit_transform(X, y, **params | self._groups_for_steps(groups))

    def set_fit_request(self, *, groups: bool | str | None) -> Self:
        """Tell scikit-learn's metadata routing whether it passes ``groups`` to the steps that take them.

        It does by default, where routing is enabled.

        Parameters
        ----------
        groups : bool, str or None
            True passes them, False does not, None makes them an error. A name passes what has this name.

        Returns
        -------
        self : object
            The pipeline.

        Raises
        ------
        RuntimeError
            If metadata routing is not enabled: ``sklearn.set_config(enable_metadata_routing=True)``.
        """
        for _, step in self._steps_with_groups():
            step.set_fit_request(groups=groups)
        return self

    def _groups_for_steps(self, groups):
        """Make the arguments that give groups to the steps; where metadata is routed, they ask for them."""
        if groups is None:
            return {}
        if get_config()["enable_metadata_routing"]:
            return {"groups": groups}
        return {f"{name}__groups": groups for name, _ in self._steps_with_groups()}

    def _steps_with_groups(self):
        return [(name, step) for name, step in self.steps if has_fit_parameter(step, "groups")]


def estimators_in(pipeline):
    values = pipeline.get_params().values()
    return [one for one in values if hasattr(one, "fit") and not isinstance(one, type)]


class Predictor(Protocol):
    """What a type checker knows of an estimator that predicts."""

    def predict(self, X: Any, /) -> Any: ...


def tabular_pipeline(
    estimator: Literal["classifier", "regressor"] | Predictor = "classifier",
    *,
    n_bins: int | Literal["auto"] = "auto",
    kinds: Mapping[Any, str] | None = None,
    **parameters: Any,
) -> TabularPipeline:
    """Make a pipeline from a raw table, with text, dates and missing values, to predictions.

    The first step, "columns", encodes the columns by what they hold in ``fit``. `The guide
    <https://sknn-scratch.github.io/sknn_scratch/guide/tables.html#what-happens-to-the-columns>`_ says more.

    - Numbers go to :class:`PiecewiseLinearEncoder`. Whole numbers are codes if equal ones have similar y and
      neighbours do not: they become categories, too.
    - Booleans become 0 and 1, whether they are written True, 1, "True" or "true".
    - Dates and times become the time itself, year, month, day, weekday and hour, and sines and cosines of
      the year, the week and the day, if they vary. Times with a time zone are converted to UTC.
    - Durations become seconds.
    - Free text, such as notes and titles, goes to :class:`TextEncoder`.
    - Each category of other text becomes a column of zeros and ones; missing values and blank text are a
      category. Those in fewer than five training rows are one group, with those that ``fit`` has not
      seen and, of more than 300, the rarest. Each category becomes its mean of y (:class:`MeanEncoder`) if
      the group would take more than a tenth of the rows, those alone in their category not counted, and if
      means of y tell something of y. Then those with at least 20 rows stay zeros and ones, too.

    Text is read as numbers, dates or durations where there is no doubt: "$1,250.00", "45.3%", "12,50",
    "1.2k", "31/01/2020", "Jan 2020", "10:30 PM" or "1h 20m". Other text in such a column, as "?", counts as
    missing. If there is too much of it, the column stays categories.

    The second step, "relevance", is there for a network or an ensemble of this package. It makes features
    larger that matter, and replaces them by components (:class:`RelevantComponents`). The last step,
    "network", predicts.

    Parameters
    ----------
    estimator : {"classifier", "regressor"} or estimator, default="classifier"
        What predicts. The strings mean a :class:`ShallowNNEnsembleClassifier` or
        :class:`ShallowNNEnsembleRegressor` in single precision, of four networks for fewer than 1,500 rows,
        and of three for more.
    n_bins : int or "auto", default="auto"
        Number of bins of a column of numbers. See :class:`PiecewiseLinearEncoder`.
    kinds : dict, default=None
        What columns hold, where ``fit`` must not decide, as ``{"zip": "categories"}``: "numbers", "booleans",
        "categories", "dates", "dates with a time zone", "durations" or "text". "nothing" leaves one out.
    **parameters
        Parameters of the ensemble, such as ``random_state=0``, if ``estimator`` is a string.

    Returns
    -------
    pipeline : TabularPipeline
        Not fitted. Its X is a data frame of pandas, polars or pyarrow, or an array. Columns are found by
        their names; later frames may have more, in any order.

    Raises
    ------
    TypeError
        If the ensemble has no such parameter.
    ValueError
        If ``estimator`` is none of these, or an instance with other parameters beside it. In ``fit``: if
        columns hold something else, such as lists, or not what ``kinds`` says. In ``predict``: if columns are
        missing or hold something else than in ``fit``. The error names them.

    Warns
    -----
    UserWarning
        In ``fit``, once, with a remedy for each column: if values that are not like the others count as
        missing, if text may be something else than it is taken for, if a column tells nothing, or if rows
        seem to belong together and there are no ``groups``. A search says this once in each process. In
        ``predict``: if values are not like those of ``fit``, if a column has lost nearly all of its values,
        or if columns without names are taken in their order.

    See Also
    --------
    PiecewiseLinearEncoder : What happens to the numbers.

    Notes
    -----
    Parameters have the names of the steps: ``network__alpha``, ``columns__categories__min_frequency``. After
    ``fit``, ``pipeline["columns"].report_`` is a table of what became of the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknn_scratch import tabular_pipeline
    >>> X = pd.DataFrame({"size": [2.0, 3.5, None, 1.0] * 10, "colour": ["red", "blue", None, "red"] * 10})
    >>> y = ["cheap", "dear", "dear", "cheap"] * 10
    >>> model = tabular_pipeline("classifier", random_state=0)
    >>> model.fit(X, y).predict(X.head(4))
    array(['cheap', 'dear', 'dear', 'cheap'], dtype='<U5')
    """
    network = network_for(estimator, parameters)
    dtype = getattr(network, "dtype", None)
    one_hot = OneHotEncoder(sparse_output=False, dtype=dtype or "float64", **GROUPED)
    encoder = TableEncoder(
        PiecewiseLinearEncoder(n_bins, dtype=dtype),
        one_hot,
        MeanEncoder(CONTINUOUS if is_regressor(network) else "auto"),
        clone(one_hot).set_params(min_frequency=FREQUENT_ROWS),
        kinds,
        TextEncoder(),
    )
    steps = [("columns", encoder), ("network", network)]
    if isinstance(network, BaseShallowNN):
        steps.insert(1, ("relevance", RelevantComponents(small_network(is_regressor(network)))))
    return TabularPipeline(steps)


def network_for(estimator, parameters):
    """Make the last step: the default for "classifier" or "regressor", or the given estimator."""
    if isinstance(estimator, str) and estimator in DEFAULTS:
        return DEFAULTS[estimator](**SETTINGS | parameters)
    if isinstance(estimator, type) or not hasattr(estimator, "predict"):
        raise ValueError(
            "estimator must be 'classifier', 'regressor' or an estimator, such as ShallowNNClassifier(), got "
            f"{estimator!r}."
        )
    if parameters:
        raise ValueError(
            f"{', '.join(parameters)} can be given only if estimator is 'classifier' or 'regressor'. Set the "
            f"parameters of {type(estimator).__name__} in its constructor."
        )
    return estimator
