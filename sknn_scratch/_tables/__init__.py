"""From the columns of a table to the features of a network.

The path of a fit
    pipeline           the steps: a TableEncoder, RelevantComponents and a network
    table_encoder      the first step: columns are read, their kinds decided, their features encoded
    columns            the columns of a table of any library, and the type of their values
    kind               what the kinds have in common: how a column is recognised and read
    kinds              a class for each kind, and which kind each column has
    kind_of_numbers    that of numbers, of which some are codes or dates
    encoders           the encoders of all features, and which columns have too many categories
    text_encoder       free text as components
    means              means of y by category, and whether they tell something of it
    piecewise_encoder  numbers as bounded values and ramps
    names              the names of what a transformer makes
    relevance          the second step: features that matter become larger, and components replace them

Everywhere, ``groups`` number the group (n_samples,) of each row, or are None.
"""
