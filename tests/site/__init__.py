"""The built site in a real browser. ``bash .ci/run docs`` builds the site and runs these."""
