"""From the columns of a table to the features of a network.

The path of a fit
    pipeline           the steps: a TableEncoder, RelevantComponents and a network
    table_encoder      the first step: columns are read, their kinds decided, their features encoded
    columns            the columns of a table of any library, and the type of their values
    recognition        the kind of each column: what ``fit`` decides, or what its user says
    kind               what the kinds have in common
    kinds              a class for each kind: how its columns are read, and what their features are
    kind_of_numbers    that of numbers, of which some are codes or dates
    encoders           the encoders of all features, and which columns have too many categories
    text_encoder       free text as components
    means              means of y by category, and whether they tell something of it
    piecewise_encoder  numbers as bounded values and ramps
    relevance          the second step: features that matter become larger, and components replace them

Beside the path
    report             what a fit did with each column
    text               what texts look like, and how different ones are read
    written_numbers    numbers and booleans that are written as text
    units              what stands before and after a number
    exact              numbers that differ, but are equal in double precision
    written_dates      dates, times and durations that are written as text
    dates              dates as numbers
    codes              numbers that may be codes
    remarks            the warning about columns
    belonging          rows that seem to belong together, though there are no groups
    pieces             how one column of numbers is encoded
    ramps              which ramps help, which a small network tries
    small_network      what tries it, and measures the relevance
    targets            any y as columns of numbers
"""
