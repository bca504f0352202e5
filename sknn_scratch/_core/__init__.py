"""The numeric core: what a two-layer network is and how it learns, on NumPy alone.

Start here; then read ``training.py`` from the top.

The network
    Layers are counted without the input, so one hidden layer and the output make a two-layer network::

        hidden_input z = X w_hidden + b_hidden       hidden a = g(z)
        logits         = a w_output + b_output       probabilities = softmax or sigmoid of the logits

    In a textbook that writes samples as columns, W[1] is w_hidden transposed: units x inputs.

The objective
    ::

        objective = mean_loss + penalty
                  = sum_i weight_i loss_i / S  +  alpha / (2 S) (|w_hidden|^2 + |w_output|^2)

    where loss_i is the cross-entropy of row i, on its logits, and S the sum of the weights of all training
    rows (their number, if all weights are one). A weight of two counts like a row that is there twice, and
    alpha is the 1 / C of scikit-learn's LogisticRegression. Biases are not penalised. A mini-batch's
    gradient estimates this objective's, whatever its size.

Axes
    Arrays end in (n_samples, n_features), (n_samples, n_hidden), (n_samples, n_outputs) or (n_params,).
    Axes before these count networks: none for one network, (K,) for K networks trained together. All
    reductions use negative axes, so the same lines serve both. n_outputs is 1 for two classes, else the
    number of classes or labels. Biases are rows: (..., 1, n_hidden). Only the logits of a step, and what the
    losses compare them with, have samples as columns, (..., n_outputs, n_samples). A small dense X has a
    first column of ones while it is trained on; the biases and weights of the hidden layer are then one
    matrix, (..., 1 + n_features, n_hidden).

Names
    X, targets (zeros and ones), codes (what a loss makes of them), weights (of rows), params, grads, updates,
    w_hidden, b_hidden, w_output, b_output, hidden_input (z), hidden (a), slope (g'(z)), logits,
    probabilities, mean_loss, penalty, objective. ``delta_x`` is the gradient of the objective with respect
    to x.

Precision
    Everything a step touches has one dtype, float32 or float64: that of the parameters. Numbers that are
    kept per epoch are Python floats.

Randomness
    Comes in as ``numpy.random.Generator``, one stream for one purpose: initial weights, order of the rows,
    dropped units. A network draws the same numbers alone and in a stack, where those that would shuffle their
    rows alike share one generator.

Manners
    Nothing here prints, warns, seeds or reads a global. A training that fails says so in its
    ``StopReason``; raising and warning is left to the estimators.

Rooms
    parameters   one flat buffer and its views; initial values
    activations  each function beside its derivative
    losses       cross-entropy on logits: the gradient of a step, and the values of many
    network      forward, backward, the buffers of a step
    blas         what NumPy lacks, or BLAS does faster
    sparse       CSR rows, their two products, and the columns that they use
    data         what one or many networks are trained on: rows, targets, weights, validation
    batches      their rows, shuffled and cut into batches
    blocks       the gradient of a batch, that of a large one in blocks for threads
    optimizers   adam and sgd on the flat buffer
    narrowing    the part of a wide network that a sparse batch updates
    lbfgs        the driver of SciPy's L-BFGS
    stopping     reasons to stop; the best epoch
    tasks        what is trained: state, data and hyperparameters of a network
    run          a network on its way through training: how it keeps an epoch, and ends
    group        networks that are trained together, and the arrays they share
    training     the loop
    checkpoint   a state on disk
"""
