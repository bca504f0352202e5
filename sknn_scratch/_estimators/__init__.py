"""The estimators: thin classes that plan a fit, train, and adopt the result.

The path of a call
    classifier   the public classes and what they document; ``regressor``
    parameters   what their constructors take: names, types, valid values and defaults
    base         fit, and the validation of rows; ``classification`` and ``regression`` say what outputs mean
    single       trains one network, and computes its outputs; ``ensemble`` does so with several

Beside the path
    constructor  makes a constructor, and scikit-learn's constraints, from annotations
    methods      what surrounds a call: names and parameters are checked, and a fit that fails changes nothing
    names        errors for what is written as in another library
    docstrings   entries that several classes share
    pickles      the version that wrote a file
"""
