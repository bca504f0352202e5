"""The built site in a real browser. ``nox -s docs`` builds the site and runs these."""
