"""A data set that comes with the package."""

from importlib.resources import files
from typing import Any


def load_penguins() -> Any:
    """Load the table of the penguins, with text and missing values: 344 rows.

    Each row is a penguin near Palmer Station, Antarctica: its species, island, the length and depth of its
    bill and the length of its flippers in mm, its mass in g, its sex, and the year. It is the data set
    palmerpenguins of Horst, Hill and Gorman [1]_, in the public domain (CC0), measured for [2]_.

    Returns
    -------
    penguins : DataFrame of shape (344, 8)
        A data frame of pandas, which must be installed. A missing value is NaN.

    References
    ----------
    .. [1] `palmerpenguins <https://allisonhorst.github.io/palmerpenguins/>`_, 2020.
    .. [2] Gorman, Williams and Fraser, 2014, `doi:10.1371/journal.pone.0090081
       <https://doi.org/10.1371/journal.pone.0090081>`_.

    Examples
    --------
    >>> from sknn_scratch.datasets import load_penguins
    >>> load_penguins().loc[[0, 3], ["species", "body_mass_g", "sex"]]
      species  body_mass_g     sex
    0  Adelie       3750.0    male
    3  Adelie          NaN     NaN
    """
    import pandas as pd

    with files("sknn_scratch").joinpath("penguins.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
