"""What y is: its targets for the network, and the way back from outputs to predictions.

The path
    base       what every kind of y does, and the usual answers
    labels     two classes, more classes, or several labels for each row
    numbers    which kind of numbers a loss needs, and what y may be
    scaled     what all kinds of numbers share: an offset and a scale
    reals      numbers, standardised
    rates      numbers that are not negative, divided by their mean
    quantiles  one quantile of a number, or several that never cross

Beside the path
    checks     checks of the values of y, and of the outputs of a network
    weights    one weight for each row, from those of rows and of classes
"""
