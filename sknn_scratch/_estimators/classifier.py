"""ShallowNNClassifier and ShallowNNEnsembleClassifier: one network, or several, that predict classes."""

from typing import ClassVar

from sknn_scratch._estimators.classification import Classification
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.parameters import ClassifierParameters, EnsembleClassifierParameters
from sknn_scratch._estimators.single import SingleNetwork


class ShallowNNClassifier(ClassifierParameters, Classification, SingleNetwork):
    """A neural network with one hidden layer, for classification.

    The features should have similar sizes: put a StandardScaler before the network. For a table with text,
    dates or missing values, use :func:`tabular_pipeline`. Few parameters need a change:
    `Which settings first? <https://sknn-scratch.github.io/sknn_scratch/which.html#which-settings-first>`_

    The network computes ``logits = g(X W1 + b1) W2 + b2`` and minimises, over the training rows::

        sum_i weight_i loss_i / S  +  alpha / (2 max(S, 100)) (|W1|^2 + |W2|^2)

    Here loss_i is the cross-entropy of row i, and S is the sum of the weights (without weights, the number of
    rows). So from 100 rows on, ``alpha`` is 1 / C of :class:`~sklearn.linear_model.LogisticRegression`.
    Biases are not penalised.

    Parameters
    ----------
    n_hidden : int, default=100
        Number of hidden units.
    activation : {"identity", "sigmoid", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus", \
            "gelu", "silu"} or Activation, default="relu"
        The function g. "logistic" is another name for "sigmoid". For your own, pass an :class:`Activation`.
    init_scale : float or {"auto", "he", "glorot"}, default="auto"
        Standard deviation of the normal initial weights; biases are then zero. "he" and "glorot" compute it
        from the sizes of the layers, and draw hidden biases too. "auto" is "glorot", with a hidden layer that
        counts as no wider than the square of the number of features.
    learning_rate : float or "auto", default="auto"
        Step size of "adam", "adamw" and "sgd". "auto" is 0.005.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty. "auto" chooses it by the loss of held-out rows, and then trains all rows;
        in ``partial_fit`` and for fewer than 12 independent rows it is 1, or 3 for a regressor. With a small
        number, the network may overfit: set ``early_stopping=True`` too. More: `How strong a penalty
        <https://sknn-scratch.github.io/sknn_scratch/guide/training.html#how-strong-a-penalty>`_.
    solver : {"auto", "adam", "adamw", "sgd", "lbfgs"}, default="auto"
        "auto" is "lbfgs" for fewer than 1,500 training rows, else "adam". It is also "adam" in
        ``partial_fit``, with rows to validate with, if "lbfgs" would take more than 256 MiB, or if
        ``learning_rate``, ``learning_rate_schedule``, ``batch_size``, ``dropout`` or ``max_grad_norm`` is
        set, to any value. More: `Which solver
        <https://sknn-scratch.github.io/sknn_scratch/guide/training.html#which-solver>`_.
    batch_size : int, "auto" or None, default="auto"
        Rows in a mini-batch. None is all rows. "auto" is the square root of the number of training rows,
        twice that with "one_cycle", and at least 100. "lbfgs" ignores it.
    max_iter : int or "auto", default="auto"
        Maximum number of epochs or, for "lbfgs", of iterations. "auto" is 200 epochs, 500 iterations or, with
        "one_cycle" or "cosine", as many epochs as the rows need. More: `Many rows
        <https://sknn-scratch.github.io/sknn_scratch/guide/training.html#many-rows>`_.
    dropout : float or None, default=None
        Share of the hidden units that each step leaves out at random. Not for "lbfgs".
    momentum : float, default=0.9
        Momentum of "sgd".
    nesterov : bool, default=True
        Whether the momentum looks ahead (Nesterov).
    beta_1 : float, default=0.9
        Decay of the first moment of "adam" and "adamw".
    beta_2 : float, default=0.999
        Decay of the second moment of "adam" and "adamw".
    epsilon : float, default=1e-8
        "adam" and "adamw" divide by ``sqrt(v) + epsilon``, with the uncorrected second moment v.
    learning_rate_schedule : {"auto", "constant", "cosine", "one_cycle", "adaptive"}, default="auto"
        "cosine" lowers the learning rate to zero over ``max_iter`` epochs. "one_cycle" first raises it to
        twice ``learning_rate``. "adaptive" divides it by five after ``n_iter_no_change`` epochs without
        improvement, and ends below 1e-6. "auto" is "one_cycle" for a new network with batches, 1,500 rows or
        more and no rows to validate with, else "constant".
    max_grad_norm : float or None, default=None
        Largest norm of the gradient of the loss: a larger gradient is scaled down. Not for "lbfgs".
    tol : float or "auto", default="auto"
        Training stops when the loss (or what ``scoring`` says) has not improved by more than this for
        ``n_iter_no_change`` epochs. "auto" is 0.001, or 0.0001 for some regressors with "lbfgs".
    n_iter_no_change : int, np.inf or "auto", default="auto"
        See ``tol``. Infinity never stops. "auto" is infinity if the learning rate ends at zero, and else 10
        epochs; except with "lbfgs", at least 100 updates, and fewer epochs from 22,500 rows on.
    gradient_tol : float, default=0.0
        Training also stops when the gradient of an epoch's last batch, before any clipping, is shorter.
    early_stopping : bool or "auto", default="auto"
        Whether to watch rows that do not train, and to keep the weights of the best epoch. True holds rows
        out of X, unless ``X_val`` is given. "auto" validates only with ``X_val``.
    validation_fraction : float or int, default=0.1
        Share or number of rows to hold out, at random and stratified by class; with ``groups``, of groups.
    scoring : str or callable, default="loss"
        What to watch on these rows: their loss, or a scikit-learn scorer, which gets an array or CSR matrix.
    dtype : {"float32", "float64"} or None, default=None
        Precision of training and prediction. None is float32 for float32 X, else float64.
    warm_start : bool, default=False
        Whether ``fit`` continues with the weights and the optimiser's memory of the last fit. It counts
        ``n_iter_no_change`` and ``max_iter`` from the beginning.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the rows, the validation split and dropout.
    verbose : int, default=0
        If not 0, print the choice of ``alpha``, a line after every epoch, and why training stopped.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, which multiply those of the rows. "balanced" gives all classes the same total
        weight. With multilabel y, the weights of a row's labels are multiplied, and a dict is an error.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted; the column numbers if y was multilabel.
    coefs_ : list of two ndarrays, of shape (n_features, n_hidden) and (n_hidden, n_outputs)
        The weights. n_outputs is 1 for two classes, else the number of classes, labels, targets or quantiles.
    intercepts_ : list of two ndarrays, of shape (n_hidden,) and (n_outputs,)
        The biases.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had any.
    n_iter_ : int
        Number of epochs, over all calls with ``warm_start`` or ``partial_fit``.
    best_iter_ : int
        The epoch whose weights the model has; the last one, if they are a mean over epochs.
    stop_reason_ : str
        "converged", "end_of_schedule", "max_iter", "no_improvement", "small_gradient", "callback",
        "interrupted", "diverged" or, with "lbfgs", "line_search_failed". What each means:
        `Why it stopped <https://sknn-scratch.github.io/sknn_scratch/guide/training.html#why-it-stopped>`_.
    solver_ : str
        The solver of the last call: ``solver``, or the one that "auto" has chosen.
    learning_rate_ : float
        The learning rate of the last call.
    tol_ : float
        The limit of the last call.
    alpha_ : float
        The strength of the penalty.
    alpha_path_ : dict of ndarray of shape (n_tried,)
        The values that "auto" has tried, as "alpha", and the mean held-out loss with each, as "loss".
    history_ : dict of ndarray of shape (n_epochs,)
        What happened in each epoch, of the latest 10,000: "loss", "val_loss", "val_score",
        "gradient_norm_hidden", "gradient_norm_output", "saturated_fraction", "dead_fraction", "learning_rate"
        and "seconds". Those with "val" are there if rows validate, the score only with a scorer.
    loss_curve_ : ndarray of shape (n_epochs,)
        The same as ``history_["loss"]``.

    Warns
    -----
    ConvergenceWarning
        If ``max_iter`` is reached first, a line search of "lbfgs" fails, or the network has learned nothing.
    DivergenceWarning
        If the loss becomes infinite or far too large. The model keeps its last good weights.
    SymmetryWarning
        If ``init_scale`` is 0: then the hidden units stay identical.
    UserWarning
        If features of a dense X are far too large (200 and more on average), or a classifier's y is one-hot.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The network of scikit-learn, with any number of hidden layers.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import ShallowNNClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> clf = make_pipeline(StandardScaler(), ShallowNNClassifier(random_state=0))
    >>> clf.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    """


@with_entries_of(Ensemble, ShallowNNClassifier)
class ShallowNNEnsembleClassifier(EnsembleClassifierParameters, Classification, Ensemble):
    """Several networks from different seeds, whose probabilities are averaged.

    The networks have different initial weights, orders of the rows and, with early stopping, validation rows.
    So they make different errors, and the log-loss of the averaged probabilities is often below that of each.
    Except with "lbfgs", the networks are trained in one pass, which takes much less time. With
    ``alpha="auto"``, the alphas that were tried are spread over them: the lower its held-out loss, the more
    networks have a value.

    Parameters
    ----------
    n_networks : int or "auto", default=8
        Number of networks. "auto" is 4 for fewer than 1,500 rows, and 3 for more, as in
        :func:`tabular_pipeline`.

    Attributes
    ----------
    estimators_ : list of ShallowNNClassifier
        The fitted networks.

    See Also
    --------
    ShallowNNClassifier : A single network.

    Notes
    -----
    ``decision_function`` returns the logits of the averaged probabilities p: log(p / (1 - p)) for two classes
    and for labels, else log(p).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import ShallowNNEnsembleClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = ShallowNNEnsembleClassifier(random_state=0).fit(X[::2], y[::2])
    >>> clf.score(X[1::2], y[1::2]) > 0.9
    True
    """

    estimators_: list[ShallowNNClassifier]

    _network: ClassVar = ShallowNNClassifier
