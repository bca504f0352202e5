"""A column is written in one way for the fit, and in another way later: nothing is silently different."""

from tests.tables.spellings import LIBRARIES, outcomes_of


def test_random_columns_give_the_same_or_a_warning_or_an_error():
    outcomes = outcomes_of(250, LIBRARIES)
    assert outcomes["same"] > 80
    assert min(outcomes["warning"], outcomes["error"]) > 10
