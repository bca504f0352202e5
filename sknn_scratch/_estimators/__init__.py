"""The estimators: thin classes that plan a fit, train, and adopt the result.

``base`` is what all share. ``classification`` and ``regression`` say what outputs mean, ``single`` and
``ensemble`` train, and ``classifier`` and ``regressor`` have the public classes.
"""
