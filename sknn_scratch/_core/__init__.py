"""The numeric core: what a two-layer network is and how it learns, with NumPy and a little SciPy.

Start here, then read the textbook path below.

The network
    Layers are counted without the input, so one hidden layer and the output make a two-layer network::

        hidden_input z = X w_hidden + b_hidden    hidden a = g(z)    outputs = a w_output + b_output

    In a textbook that writes samples as columns, W[1] is w_hidden transposed: units x inputs. The loss says
    what the outputs mean: logits in a classifier, standardised numbers or logarithms in a regressor.

The objective
    ::

        objective = mean_loss + penalty
        mean_loss = sum_i share_i loss_i                          share_i = row_weight_i / S
        penalty   = strength / 2 (|w_hidden|^2 + |w_output|^2)    strength = alpha / P

    where loss_i is the loss of row i, S the sum of the weights of all training rows (their number, if all
    weights are one), and P = max(S, 100). A weight of two counts like a row that is there twice. If S is at
    least 100, alpha is the 1 / C of scikit-learn's LogisticRegression. If S is smaller, P = S would make the
    penalty so strong that the zero network can be the optimum. Biases are not penalised. In a mini-batch of n
    of the N training rows, share_i = (N / n) row_weight_i / S: these shares sum to one on average, and the
    gradient of the mini-batch estimates the gradient of the objective. If the rows come in several calls, the
    S in P is the sum over all calls so far.

Axes
    Arrays end in (n_samples, n_features), (n_samples, n_hidden), (n_samples, n_outputs) or (n_params,).
    Axes before these count networks: none for one network, (K,) for K networks trained together. All
    reductions use negative axes, so the same lines serve both. Biases are rows: (..., 1, n_hidden). Samples
    are rows too, except in ``losses``: there, samples are columns, (..., n_outputs, n_samples). In other
    modules, the name of an array with samples as columns ends in ``_mT``, as NumPy calls a transpose. For
    optimisers, the networks are one long vector (n_networks * n_params,), with a learning rate for each.

Words
    X, targets, row_weights (of samples, as the user gives them), shares (of rows in the mean loss), weights
    (of connections), params, grads, w_hidden, b_hidden, w_output, b_output, hidden_input (z), hidden (a),
    slope (g'(z)), outputs, mean_loss, penalty, objective. ``delta_hidden`` is the gradient of mean_loss with
    respect to z, and ``delta_output`` with respect to the outputs. ``Rows`` have the values of X, and
    ``rows`` are indices or a slice; n_rows counts any rows, and n_samples those that a network trains on or
    that an axis has. A *run* is the training of one network, a *stack* several runs trained together.

Precision
    Everything a step touches has the dtype of the parameters, float32 or float64. The numbers of an epoch's
    record are Python floats.

Randomness
    The caller passes one ``numpy.random.Generator`` for the initial weights, one for the order of the rows
    and one for the dropped units. A network draws the same numbers alone and in a stack.

Side effects
    Nothing here prints, warns, seeds or reads a global. A failed training has a ``StopReason`` that says so;
    the estimators raise and warn.

The textbook path, about 1,250 lines
    activations  each function beside its derivative
    parameters   one flat buffer and its views; initial values
    loss         what a loss is, and what it says of y
    losses       each gradient beside its values; ``robust`` has those that limit the influence of outliers
    network      forward, backward, the gradient of a batch, the penalty
    optimizers   how parameters follow gradients
    training     the loop over the epochs

What the loop works with, about 1,150 lines, in the order in which it needs them
    state        what training reads and changes: Config, State, Run; and why it ended
    data         the rows that networks train on and validate with
    rows         dense and sparse rows, and their two products with the hidden layer
    stack        networks as an axis: which can be trained together, and the arrays they share
    schedules    how the learning rate changes
    batches      the mini-batches of an epoch: its rows, shuffled and cut
    blocks       many rows, block by block: large batches, losses, predictions
    stopping     when training stops, and which parameters it leaves

Beside the path
    lbfgs        L-BFGS, whose steps use the gradient of all rows
    row_space    rows with more features than rows, described by fewer for L-BFGS
    arrays       cheaper or safer calls of NumPy and BLAS
"""
