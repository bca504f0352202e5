"""The estimators: thin classes that plan a fit, train, and adopt the result."""
