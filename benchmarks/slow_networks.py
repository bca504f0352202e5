"""Raw tables: tabular_pipeline beside networks that train for minutes, RealMLP and TabM.

The tables, the folds and the scores are those of ``tabular``, but only the first fold is trained on, and
columns of text with more than 60 values are left out. TabM is
measured on tables of at most 1,000 rows: a fit of 6,000 takes several minutes. Both networks are those of the
package pytabkit, on one thread of the CPU, with its default parameters. But classifiers stop by the log-loss,
and RealMLP has no label smoothing, as its documentation says for a log-loss. Missing numbers are imputed and
marked: these networks take none.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

import tables
from harness import Options, Table, limit_threads
from sknn_scratch import tabular_pipeline
from tabular import OURS, compare

MOST_ROWS_OF_TABM = 1_000
BY_LOG_LOSS = {"val_metric_name": "cross_entropy"}


def imputed(name: str, _: list[str], **parameters: Any) -> Any:
    """Put before a network of pytabkit what makes complete numbers of a table; categories stay."""
    import pytabkit

    numbers = SimpleImputer(strategy="median", add_indicator=True)
    complete = make_column_transformer(
        (numbers, make_column_selector(dtype_exclude="category")),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return make_pipeline(complete, getattr(pytabkit, name)(device="cpu", n_threads=1, **parameters))


def answer(options: Options) -> Iterator[Table]:
    """Compare RealMLP on all tables, then both networks on the smaller ones."""
    classifiers = {
        OURS: lambda _: tabular_pipeline("classifier"),
        "RealMLP": partial(imputed, "RealMLP_TD_Classifier", use_ls=False, **BY_LOG_LOSS),
        "TabM": partial(imputed, "TabM_D_Classifier", **BY_LOG_LOSS),
    }
    regressors = {
        OURS: lambda _: tabular_pipeline("regressor"),
        "RealMLP": partial(imputed, "RealMLP_TD_Regressor"),
        "TabM": partial(imputed, "TabM_D_Regressor"),
    }
    with limit_threads(1):
        for kind, sources, models in (
            ("Classes", tables.narrow(tables.CLASSIFICATION), classifiers),
            ("Numbers", tables.narrow(tables.REGRESSION), regressors),
        ):
            fast = {name: make for name, make in models.items() if name != "TabM"}
            yield from compare(kind, sources, fast, options, n_folds=1)
            small = [source for source in sources if len(source.load().y) <= MOST_ROWS_OF_TABM]
            yield from compare(f"{kind}, small tables", small, models, options, n_folds=1)
