"""What y is: its targets for the network, and the way back from outputs to predictions.

The path
    base      what every kind of y does, and the usual answers
    labels    two classes, more classes, or several labels for each row
    reals     numbers, standardised or divided by their mean

Beside the path
    checks    checks of the values of y, and of the outputs of a network
    weights   one weight for each row, from those of rows and of classes
"""
