"""From the columns of a table to the features of a network.

The path of a fit
    pipeline           the steps: a TableEncoder, a RelevanceScaler and a network
    table_encoder      the first step: columns are read, their kinds decided, their features encoded
    columns            the columns of a table of any library, and the type of their values
    recognition        the kind of each column: what ``fit`` decides, or what its user says
    kinds              a class for each kind: how its columns are read, and what their features are
    encoders           the encoders of all features, and categories that become means of y
    piecewise_encoder  numbers as bounded values and ramps
    relevance          the second step: features that matter become larger

Beside the path
    text               numbers, dates, durations and booleans that are written as text
    dates              dates as numbers
    remarks            the warnings about columns
    pieces             how one column of numbers is encoded
    ramps              whether ramps help, which a small network tries
    small_network      what tries it, and measures the relevance
    targets            any y as columns of numbers
"""
