"""The numeric core: what a two-layer network is and how it learns, with NumPy and a little SciPy.

Start here; then read the modules in the order in which they are listed below.

The network
    Layers are counted without the input, so one hidden layer and the output make a two-layer network::

        hidden_input z = X w_hidden + b_hidden    hidden a = g(z)    outputs = a w_output + b_output

    In a textbook that writes samples as columns, W[1] is w_hidden transposed: units x inputs. The loss says
    what the outputs mean. Those of a classifier are the logits of its probabilities, those of a regressor
    standardised numbers, or logarithms.

The objective
    ::

        objective = mean_loss + penalty
                  = sum_i row_weight_i loss_i / S  +  alpha / (2 P) (|w_hidden|^2 + |w_output|^2)

    where loss_i is the loss of row i, S the sum of the weights of all training rows (their number, if all
    weights are one), and P = max(S, 100). A weight of two counts like a row that is there twice. From a total
    weight of 100 on, alpha is the 1 / C of scikit-learn's LogisticRegression. With fewer rows it would be so
    strong that the zero network is the optimum. Biases are not penalised. The gradient of a mini-batch of any
    size is an estimate of the gradient of this objective. Where the rows come in parts, P counts those of all
    parts so far.

Axes
    Arrays end in (n_samples, n_features), (n_samples, n_hidden), (n_samples, n_outputs) or (n_params,).
    Axes before these count networks: none for one network, (K,) for K networks trained together. All
    reductions use negative axes, so the same lines serve both. Biases are rows: (..., 1, n_hidden). Only the
    outputs of a step, and the targets they are compared with, have samples as columns, (..., n_outputs,
    n_samples).

Words
    X, targets, row_weights (of samples), weights (of connections), params, grads, w_hidden, b_hidden,
    w_output, b_output, hidden_input (z), hidden (a), slope (g'(z)), outputs, mean_loss, penalty, objective.
    ``delta_hidden`` is the gradient with respect to z, ``delta_output`` that with respect to the outputs. A
    *run* is one network on its way through training, a *stack* is runs that are trained together.

Precision
    Everything a step touches has one dtype, float32 or float64: that of the parameters. Only the small tables
    and the inner products of L-BFGS are always float64. Numbers that are kept per epoch are Python floats.

Randomness
    The caller passes a ``numpy.random.Generator`` each for the initial weights, the order of the rows and the
    dropped units. A network draws the same numbers alone and in a stack.

Side effects
    Nothing here prints, warns, seeds or reads a global. A training that fails says so in its
    ``StopReason``; raising and warning is left to the estimators.

Modules, in the order in which to read them
    activations  each function beside its derivative
    parameters   one flat buffer and its views; initial values
    losses       the gradient of a step, and the values of many
    rows         dense rows, with a column of ones or without, and sparse rows: their two products
    network      forward, backward, the gradient of a batch, the penalty, predictions
    optimizers   how parameters follow gradients
    schedules    how the learning rate changes
    stopping     reasons to stop, and the best epoch so far
    data         what one or several networks train on, and how they are validated
    state        what is trained, and how it is kept: Config, State, Run, Result
    training     the loop over the epochs, and its rules that stop
    batches      their rows, shuffled and cut: the mini-batches of an epoch
    stack        networks as an axis: the arrays they share
    stackable    which networks can be trained together, and the bytes that it takes
    lazy         updates of only those features that a sparse batch uses
    line_search  how far to go along a direction
    lbfgs        steps by the gradient of all rows, and what the last of them have taught
    arrays       which call of NumPy or BLAS is cheaper
"""
