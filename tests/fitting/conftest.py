"""What several files of tests of fitting need."""

import pytest

from sknn_scratch._fitting import many_rows


@pytest.fixture
def brief_trials(monkeypatch):
    """Let the networks that are tried with many rows train for few epochs."""
    monkeypatch.setattr(many_rows, "TRIED_SHARE", 0.1)
