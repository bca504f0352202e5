"""EffectsDisplay: which columns a model uses, and how its predictions depend on each."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from scipy.special import logit
from sklearn.metrics import r2_score
from sklearn.utils import check_consistent_length, check_random_state, check_scalar

from sknn_scratch._causes.words import quantity
from sknn_scratch._displays.effect_estimates import effect_of, loss_of, permutation_costs
from sknn_scratch._displays.effect_panels import draw_effects, draw_importances, draw_legend
from sknn_scratch._displays.mixed_rows import MixedRows
from sknn_scratch._displays.plotting import Display
from sknn_scratch._displays.slices import frame_of
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.plan import draw_seed
from sknn_scratch._fitting.sklearn_versions import _num_samples, _safe_indexing
from sknn_scratch._targets.checks import dense

MOST_OUTPUTS = 5  # classes or targets in one panel
LEAST = 1e-4  # probability, of which the logarithm is taken


@dataclass(eq=False, repr=False)
class EffectsDisplay(Display):
    """Which columns of a table a model uses, and how its predictions depend on each.

    It works for a :func:`tabular_pipeline` and for any other fitted estimator that predicts numbers, classes
    or probabilities from a table.

    The first panel has the importances. Each of the columns that matter most has a further one, all with the
    same scale: a curve for numbers and dates, bars for categories, of which rare ones are one bar. 0 is the
    mean of all rows, the grey area is their distribution, and a diamond is the effect of a missing number.
    The networks of an ensemble of this package are thin lines. Where they differ, the model guesses; but
    they are no confidence interval, since networks that make the same error agree.

    In a :func:`tabular_pipeline`, each aspect of dates that varies is a column of its own: "when: trend",
    "when: season" (by month), "when: day" (of the month), "when: weekday" and "when: hour". For another
    model, a date has one curve along time, where effects of hours and weekdays cancel.

    Parameters
    ----------
    importances_, importances_std_, effects_, additive_share_ : dict, or float
        See the attributes.
    columns, output_names : list of str
        The columns to show, and names of the classes or targets.
    effect_label, importance_label : str, default="effect", "importance"
        Labels of the axes.
    row : int, default=None
        Position in the "rows" of the effects of a row to mark.

    Attributes
    ----------
    importances_ : dict
        For each column, the most important first: by how much the loss increases if its values are shuffled,
        or without y, the root of the mean square of the changes of the predictions.
    importances_std_ : dict
        Their standard deviation over the repeated shuffles.
    effects_ : dict of dict
        For each column: "places" (n_places,), which are numbers, dates or categories (NaN, NaT and None are
        missing); "values" (n_outputs, n_places), the effect there; "networks" (n_networks, n_outputs,
        n_places), those of an ensemble; "rows" (n_rows,), the values or, of categories, numbers of places.
    additive_share_ : float
        The share of the variance of the predictions that the sum of these effects explains. If they are of
        all columns, the rest is interactions.
    ax_ : matplotlib Axes
        The Axes with the importances.
    axes_ : ndarray of Axes
        All panels.

    See Also
    --------
    HiddenUnitsDisplay : What the hidden units respond to.
    sklearn.inspection.PartialDependenceDisplay : Partial dependence, also on two columns together.

    Notes
    -----
    All is computed from predictions for rows of X in which one column has the values of other rows. A
    :func:`tabular_pipeline` encodes X once, unless its encoder mixes columns. In another Pipeline, slow steps
    may take minutes.

    Accumulated local effects (ALE) [1]_ compare each row with itself at the next quantile of a column, and
    add these differences up. So no effect comes from where no rows are, even if columns are correlated. A
    category is compared with all others, in its rows and theirs, and the effects are the least-squares
    solution of all comparisons, as for rankings [2]_.

    Effects of a classifier are on the log-odds of a class, where they add up as in a logistic regression.

    References
    ----------
    .. [1] Apley, D. W., and Zhu, J. (2020). Visualizing the effects of predictor variables in black box
       supervised learning models. J. R. Stat. Soc. B 82(4).
    .. [2] Jiang, X., Lim, L.-H., Yao, Y., and Ye, Y. (2011). Statistical ranking and combinatorial Hodge
       theory. Math. Program. 127.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sknn_scratch import EffectsDisplay, tabular_pipeline
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"size": rng.uniform(20, 120, 300), "garden": rng.choice(["no", "yes"], 300)})
    >>> rent = 300 + 9 * X["size"] + 150 * (X["garden"] == "yes") + rng.normal(scale=50, size=300)
    >>> model = tabular_pipeline("regressor", random_state=0).fit(X, rent)
    >>> display = EffectsDisplay.from_estimator(model, X, rent.rename("rent"), random_state=0)
    >>> list(display.importances_)
    ['size', 'garden']
    >>> without, with_garden = display.effects_["garden"]["values"][0]
    >>> bool(120 < abs(with_garden - without) < 180)
    True
    """

    importances_: dict[str, float]
    importances_std_: dict[str, float]
    effects_: dict[str, dict[str, Any]]
    additive_share_: float
    columns: list[str]
    output_names: list[str]
    effect_label: str = "effect"
    importance_label: str = "importance"
    row: int | None = None

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: ArrayLike,
        y: ArrayLike = None,
        *,
        columns: Any = None,
        max_columns: int = 6,
        target: Any = None,
        random_state: Any = None,
        log_odds: bool = True,
        row: int | None = None,
        max_rows: int = 1000,
        verbose: bool = False,
        ax: Any = None,
    ) -> Self:
        """Compute the effects of a fitted model, and plot them.

        Parameters
        ----------
        model : estimator
            Fitted: a Pipeline, a network, an ensemble, a search, or any other estimator with ``predict``.
        X : {dataframe, array-like} of shape (n_samples, n_columns)
            A table as the model takes it: held-out rows, or training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            The labels or numbers of these rows, for importances by the loss: the log-loss, 1 - R2 or, with
            ``loss="quantile"``, the pinball loss. Training rows overrate columns that the model overfits.
        columns : str, int or list of them, default=None
            Columns to compute and show, by name or position, or aspects of dates, such as "when: hour". None
            computes all, and shows those that matter most.
        max_columns : int, default=6
            How many to show if ``columns`` is None. Those without importance are not shown, unless all are.
        target : label or int, default=None
            The class, or the position of the target or label, to explain. None explains the second of two
            classes, and up to five of more, the most probable.
        random_state : int, RandomState instance or None, default=None
            For the choice of rows and the shuffles.
        log_odds : bool, default=True
            Whether effects are on the log-odds (from 0.0001 to 0.9999) or on the probability of a class.
        row : int, default=None
            Position of a row of X to mark in each panel.
        max_rows : int, default=1000
            If X has more rows, as many are drawn from it.
        verbose : bool, default=False
            Whether to print how many columns are done.
        ax : Axes or array of Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : EffectsDisplay

        Raises
        ------
        ValueError
            If a parameter has another value, or y has classes that the model does not have.
        TypeError
            If X is sparse, or the model of another package predicts several columns of labels.
        """
        check_scalar(max_columns, "max_columns", Integral, min_val=1)
        check_scalar(max_rows, "max_rows", Integral, min_val=2)
        rng = np.random.default_rng(draw_seed(check_random_state(random_state)))
        X, y = frame_of(X), dense(y)
        check_consistent_length(X, y)
        rows, marked = rows_to_take(_num_samples(X), max_rows, row, rng)
        mixed = MixedRows(model, _safe_indexing(X, rows))
        outputs = outputs_shown(mixed, target)
        on_log_odds = log_odds and mixed.has_probabilities

        def scaled(predicted):
            shown = predicted[..., outputs].astype(float)
            return logit(np.clip(shown, LEAST, 1 - LEAST)) if on_log_odds else shown

        def predict(*mixture):
            return scaled(mixed.predict(*mixture))

        columns = [columns] if isinstance(columns, str | Integral) else columns
        given = [name for one in ([] if columns is None else columns) for name in mixed.names_of(one)]
        label, loss = loss_of(mixed, None if y is None else np.asarray(y)[rows])
        measured = counted(given or list(mixed.columns), "importances", verbose)
        costs = permutation_costs(mixed, measured, loss, rng)
        important = [one for one, cost in costs.items() if cost.mean() > 0] or list(costs)[:1]
        effects, total, predicted = {}, 0, scaled(mixed.predicted)
        for name in counted(list(costs), "effects", verbose):
            effects[name], of_rows = effect_of(predict, mixed.columns[name], rng)
            total += of_rows
        centred = predicted - predicted.mean(axis=0)
        output_names = names_of_outputs(mixed, outputs, y)
        return cls(
            {one: float(cost.mean()) for one, cost in costs.items()},
            {one: float(cost.std()) for one, cost in costs.items()},
            effects,
            float(r2_score(centred, total, multioutput="variance_weighted")),
            given or important[:max_columns],
            output_names,
            effect_label(mixed, on_log_odds, output_names, y),
            label,
            marked,
        ).plot(ax)

    def _draw(self, ax):
        n_panels = 1 + len(self.columns)
        n_columns = min(n_panels, 3 if n_panels <= 9 else 4)
        n_rows = -(-n_panels // n_columns)
        panels = self._axes(ax, (n_rows, n_columns), (3.2 * n_columns, 2.5 * n_rows))
        for unused in panels[n_panels:]:
            unused.set_axis_off()
        self.ax_, self.axes_ = panels[0], panels[:n_panels]
        draw_importances(self.ax_, self)
        draw_effects(panels[1:n_panels], self)
        for number in range(2, n_panels):
            panels[number].tick_params(labelleft=number % n_columns == 0)
        if len(self.output_names) > 1:
            draw_legend(panels[n_panels if n_panels < len(panels) else 1], self)


def counted(names, task, verbose):
    """Yield the names of columns, and print how many are done after each tenth of them if ``verbose``."""
    for n_done, name in enumerate(names, start=1):
        yield name
        if verbose and 10 * n_done // len(names) > 10 * (n_done - 1) // len(names):
            print(f"{task}: {n_done} of {quantity(len(names), 'column')}", flush=True)  # noqa: T201


def rows_to_take(n_rows, max_rows, row, rng):
    """Draw the numbers of rows, with ``row`` among them, and find its place."""
    rows = np.sort(rng.choice(n_rows, min(n_rows, max_rows), replace=False))
    if row is None:
        return rows, None
    check_scalar(row, "row", Integral, min_val=-n_rows, max_val=n_rows - 1)
    rows = np.union1d(rows, row % n_rows)
    return rows, int(np.searchsorted(rows, row % n_rows))


def outputs_shown(model, target):
    """Choose the numbers (n_outputs,) of outputs: that of ``target``, or of the most probable classes."""
    means = model.predicted.mean(axis=0)
    names = list(range(len(means))) if model.classes is None else model.classes.tolist()
    if target is not None:
        if target not in names:
            raise ValueError(f"target must be one of {names}, got {target!r}.")
        return np.array([names.index(target)])
    if model.classes is None:
        return np.arange(len(means))[:MOST_OUTPUTS]
    if len(means) == 2 and np.allclose(model.predicted.sum(axis=1), 1, atol=1e-3):  # not two labels
        return np.array([1])
    return np.sort(np.argsort(-means, kind="stable")[:MOST_OUTPUTS])


def names_of_outputs(model, outputs, y):
    """Name the outputs (n_outputs,) that are shown: columns of y, classes or quantiles."""
    if hasattr(y, "columns"):
        return [str(y.columns[i]) for i in outputs]
    if model.classes is not None:
        kind = "label" if np.ndim(y) == 2 else "class"
        return [one if isinstance(one, str) else f"{kind} {one}" for one in model.classes[outputs].tolist()]
    if len(model.quantiles) > 1:
        return [f"quantile {level:g}" for level in model.quantiles[outputs]]
    return [f"y{i}" for i in outputs]


def effect_label(model, on_log_odds, names, y):
    if model.classes is None:
        return f"effect on {getattr(y, 'name', None) or 'the prediction'}"
    of_class = f" of {names[0]}" if len(names) == 1 else ""
    return f"effect on {'log-odds' if on_log_odds else 'probability'}{of_class}"
