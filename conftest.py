"""What pytest is told before it reads its options."""


def pytest_addoption(parser, pluginmanager):
    """Let the suite run without pytest-xdist, too: then its options in pyproject.toml say nothing."""
    if not pluginmanager.hasplugin("xdist"):
        for option in ("--numprocesses", "--maxprocesses", "--dist"):
            parser.addoption(option)
