"""ShallowNNClassifier and ShallowNNEnsembleClassifier: one network, or several, that predict classes."""

from typing import ClassVar

from sknn_scratch._estimators.classification import Classification
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.parameters import ClassifierParameters, EnsembleClassifierParameters
from sknn_scratch._estimators.single import SingleNetwork


class ShallowNNClassifier(ClassifierParameters, Classification, SingleNetwork):
    """A neural network with one hidden layer, for classification.

    The network computes ``logits = g(X W1 + b1) W2 + b2`` and minimises, over the training rows::

        sum_i weight_i loss_i / S  +  alpha / (2 max(S, 100)) (|W1|^2 + |W2|^2)

    Here loss_i is the cross-entropy of row i, and S is the sum of the weights (without weights, the number of
    rows). With 100 rows or more, ``alpha`` equals 1 / C of
    :class:`~sklearn.linear_model.LogisticRegression`: more rows make the penalty weaker, a weight of two
    counts like two copies of a row, and the objective does not depend on the batch size. With fewer rows, the
    penalty does not grow further, since it would become stronger than the loss. Biases are not penalised.
    Adam is described in [1]_ (here in the form with "epsilon hat"), and AdamW in [2]_.

    Parameters
    ----------
    n_hidden : int, default=100
        Number of hidden units.
    activation : {"identity", "sigmoid", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus", \
            "gelu", "silu"} or Activation, default="relu"
        The function g of the hidden units. "logistic" is another name for "sigmoid". To use your own
        function, pass an :class:`Activation`.
    init_scale : float or {"auto", "he", "glorot"}, default="auto"
        Standard deviation of the normally distributed initial weights. With a number, biases start at zero.
        "he" and "glorot" are rules that compute it from the sizes of the layers, and draw the hidden biases
        like the weights of one more feature, so that relu units have their kinks at different places. "auto"
        is "glorot", but with few features, the hidden layer counts as no wider than the square of their
        number: from smaller weights, smooth units hardly learn a function that bends. With 0, the hidden
        units stay identical.
    learning_rate : float or "auto", default="auto"
        Step size of the solvers "adam", "adamw" and "sgd". "auto" is 0.005. With any number, also 0.005,
        ``solver="auto"`` is "adam".
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes. They multiply the weights of the rows. "balanced" gives all classes the same
        total weight. With multilabel y, "balanced" multiplies the weights of the labels of a row, and a dict
        is an error.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty, in the objective of :class:`ShallowNNClassifier`. With "auto", the data
        choose. Some rows are held out, small networks with several values train on the others, and the value
        with the lowest held-out loss is taken. Then all rows train. ``alpha_`` says which value it is.

        Observations are held out: rows that are independent of each other. Copies of a row are one
        observation, with the sum of their weights. But people who give the same answers to all questions
        often differ in y. So if more than 5 % of the repeated patterns of features have different y, each row
        is an observation. Rows of weight zero do not count. With ``groups``, whole groups are held out, in
        as many parts as below, and only rows of one group are copies.

        With fewer than 1,500 observations, 0.3, 3, 10 and 30 are tried in 3-fold cross-validation. If 0.3 is
        the best, 0.03 is tried too, and if 30 is the best, 100. With more observations, a fifth is held out
        (at most 20,000), or several fifths in turn, until they are 700. If chance decides much of the loss,
        as with a y of heavy tails, each fifth is held out once. First 10 and 30 are tried, then 3, 1 and 0.3,
        or 100, until the loss rises. If chance may explain the first rise, the next value is tried too. All
        these values are multiplied by the mean weight of an observation, so the scale of the weights changes
        nothing. Nor does the order of the rows or ``random_state``.

        There is no choice in ``partial_fit``, if fewer than 12 observations can be held out, or if these
        mislead, as in XOR. Then alpha is 1, and 3 for a regressor, in ``fit`` times the mean weight. A class
        with only one observation keeps it in training. A network that is trained further keeps its
        ``alpha_``. In ``partial_fit``, the S of the penalty counts the rows of all calls so far.

        To get the model ``m`` of "auto" again, set ``alpha=m.alpha_``, ``max_iter=m.n_iter_``,
        ``learning_rate=m.learning_rate_`` and ``solver=m.solver_``. A network with a small number may
        overfit, as no rows are held out to stop it: in a search of small numbers, set
        ``early_stopping=True``.
    solver : {"auto", "adam", "adamw", "sgd", "lbfgs"}, default="auto"
        "auto" is "lbfgs" with fewer than 1,500 training rows, and else "adam". ``solver_`` says which.

        Rows of weight zero do not count. "auto" is also "adam" in ``partial_fit``, with rows to validate
        with, and if "lbfgs" would take more than 256 MiB. It takes these with about 745,000 weights in the
        hidden layer, or with more if dense X has at least twice as many features as rows. And it is "adam" if
        you set what "lbfgs" does not have, to whatever value: ``learning_rate``, ``learning_rate_schedule``,
        ``batch_size``, ``dropout`` or ``max_grad_norm``. The others, ``momentum``, ``nesterov``, ``beta_1``,
        ``beta_2`` and ``epsilon``, do not ask for a solver.

        "adam" is Adam. "adamw" is Adam with decoupled weight decay: every step multiplies the weights by ``1
        - learning_rate * alpha / max(S, 100)``. The penalty is not part of its gradient, so ``gradient_tol``
        and the gradient norms of ``history_`` ignore it. "sgd" is gradient descent with momentum. With
        ``momentum=0`` and ``batch_size=None``, it is plain gradient descent. "lbfgs" is SciPy's L-BFGS on all
        rows at once, for small data sets. It keeps no memory from one fit to the next.
    batch_size : int, "auto" or None, default="auto"
        Rows in a mini-batch. "auto" is the square root of the number of training rows, or twice that with
        "one_cycle", and at least 100, or all rows if there are fewer. None is all rows. "lbfgs" ignores it.
    max_iter : int or "auto", default="auto"
        Maximum number of epochs or, for "lbfgs", of iterations. "auto" is 200 epochs or 500 iterations and,
        with a learning rate that ends at zero, as many epochs as the rows need.

        These are as many as 12,000 updates need, from 4 to 40 epochs. If 40 epochs have fewer than 2,000
        updates, there are more, for 2,000 updates, but at most 200. This is the longest cycle. With "adam",
        ``alpha="auto"`` and a new network whose steps are as by default, the rows that are held out to choose
        ``alpha`` also choose the length. First an eighth of the longest cycle is tried, then about a third,
        then all of it. A longer one is taken if it lowers the loss enough. From about 4,400 rows on, or with
        at most five features, a further cycle may follow. It is 2.5 times as long, but has at most 200 epochs
        or 12,000 updates. ``n_iter_`` says how many epochs there were.
    dropout : float or None, default=None
        Share of the hidden units that each step leaves out at random. None leaves out no unit. Not for
        "lbfgs".
    momentum : float, default=0.9
        Momentum of "sgd". Setting it does not select "sgd".
    nesterov : bool, default=True
        Whether the momentum looks ahead (Nesterov).
    beta_1 : float, default=0.9
        Decay of Adam's and AdamW's first moment. Setting it does not select these solvers.
    beta_2 : float, default=0.999
        Decay of Adam's and AdamW's second moment. Setting it does not select these solvers.
    epsilon : float, default=1e-8
        Adam and AdamW divide by ``sqrt(v) + epsilon``. v is the second moment before its bias is corrected.
        Setting it does not select these solvers.
    learning_rate_schedule : {"auto", "constant", "cosine", "one_cycle", "adaptive"}, default="auto"
        "cosine" lowers the learning rate to zero over ``max_iter`` epochs. "one_cycle" raises it from a small
        value to twice ``learning_rate`` in the first 30 % of these epochs, then lowers it to zero, so that
        its mean is ``learning_rate``. "adaptive" divides it by five after ``n_iter_no_change`` epochs without
        improvement, or stops if it is below 1e-6 by then. "auto" is "one_cycle" for a new network with 1,500
        rows or more and no rows to validate with, and else "constant". With ``batch_size=None``, it is
        "constant" too. In ``partial_fit``, which is one epoch, the rate stays constant.
    max_grad_norm : float or None, default=None
        Largest norm of the gradient of the loss with respect to all weights and biases. A larger gradient is
        scaled down to this norm. None is no limit. Not for "lbfgs".
    tol : float or "auto", default="auto"
        Training stops when the watched value has not improved by more than ``tol`` for
        ``n_iter_no_change`` epochs. The watched value is the objective or, if there are rows to validate
        with, what ``scoring`` says. With "lbfgs" it is the same rule, about gains and not about the gradient:
        it stops before it reaches a minimum. "auto" is 0.001. For a regressor with "lbfgs" and fewer than
        1,500 rows, except with loss="poisson", it is 0.0001 if the rows that are held out to choose ``alpha``
        are then predicted better. If ``max_iter`` is a number, it is 0.0001 for such a regressor with any
        number of rows. ``tol_`` says which.
    n_iter_no_change : int, np.inf or "auto", default="auto"
        See ``tol``. With infinity, this never stops the training. "auto" is infinity if the learning rate
        ends at zero, and 10 epochs with "lbfgs". Else it is 10 epochs, or more if 10 epochs have fewer than
        100 updates. With more than 22,500 training rows it is fewer epochs: 1,500 divided by the square root
        of the number of rows, rounded up.
    gradient_tol : float, default=0.0
        Training also stops when the norm of the gradient falls below this. This is the gradient of the last
        batch of an epoch. With ``batch_size=None``, the batch is all rows. The norm is taken before
        ``max_grad_norm`` scales the gradient down.
    early_stopping : bool or "auto", default="auto"
        Whether to validate: to watch the loss or score of rows that do not train, and to keep the weights of
        the best epoch. True holds rows out of X, unless ``X_val`` is given. "auto" validates only with
        ``X_val``. False never does. If ``alpha`` is a small number and no rows validate, the network may
        overfit.
    validation_fraction : float or int, default=0.1
        Share or number of rows to hold out, at random; with ``groups``, of groups. Of classes, the split is
        stratified, and at least one row of each stays in training.
    scoring : str or callable, default="loss"
        What to watch on the validation rows: their loss, or a scikit-learn scorer. It gets X as an
        array, or as a CSR matrix if X is sparse.
    dtype : {"float32", "float64"} or None, default=None
        Precision of training and prediction. None is float32 for float32 X, else float64.
    warm_start : bool, default=False
        Whether ``fit`` continues with the weights and the optimiser's memory of the last fit. It counts
        ``n_iter_no_change`` and ``max_iter`` from the beginning.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the rows in the batches, the validation split and dropout.
        It does not vary what the data choose: with another seed, ``alpha_`` and the length of the cycle stay
        the same.
    verbose : int, default=0
        If not 0, print a line after every epoch. If the learning rate ends at zero, it says how many seconds
        are left. The last line says why training stopped, and which epoch was kept. If no earlier fit has
        made the same choice of ``alpha``, a first line announces it. With 1,500 observations or more, further
        lines tell the held-out loss of each value that is tried.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted; the column numbers if y was multilabel.
    coefs_ : list of two ndarrays, of shape (n_features, n_hidden) and (n_hidden, n_outputs)
        The weights. n_outputs is 1 for two classes, else the number of classes, labels, targets or quantiles.
        If training converged with batches of some rows, they are means over the last ``n_iter_no_change``
        epochs.
    intercepts_ : list of two ndarrays, of shape (n_hidden,) and (n_outputs,)
        The biases.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had any.
    n_iter_ : int
        Number of epochs, over all calls with ``warm_start`` or ``partial_fit``. It also counts epochs that
        ``history_`` no longer holds.
    best_iter_ : int
        The epoch whose weights the model has; the last one, if they are a mean.
    stop_reason_ : str
        "converged", "end_of_schedule", "max_iter", "no_improvement", "small_gradient", "callback",
        "interrupted", "diverged" or, with "lbfgs", "line_search_failed".
    solver_ : str
        The solver of the last call: ``solver``, or the one that "auto" has chosen.
    learning_rate_ : float
        The learning rate of the last call: ``learning_rate``, or what "auto" means. "lbfgs" ignores it.
    tol_ : float
        The limit of the last call: ``tol``, or what "auto" means.
    alpha_ : float
        The strength of the penalty: ``alpha``, or what "auto" has chosen.
    alpha_path_ : dict of ndarray of shape (n_tried,)
        The values that "auto" has tried, as "alpha", and the mean loss of the held-out observations with each
        of them, as "loss". Both are empty if alpha was not chosen by rows that are held out.
    history_ : dict of ndarray of shape (n_epochs,)
        The epochs of the last call, and, with ``warm_start`` or ``partial_fit``, the latest epochs of earlier
        calls, up to 10,000 epochs in all. So n_epochs is `n_iter_`, until earlier epochs are dropped. The
        values of an epoch are: "loss" (the mean loss of the batches, each before its update, plus the penalty
        at the start of the epoch, which adamw does not minimise and so leaves out); "val_loss", if there are
        validation rows; "val_score", if there is also a scorer; "gradient_norm_hidden" and
        "gradient_norm_output" (the norms of each layer's last gradient, after ``max_grad_norm`` has scaled it
        down); "saturated_fraction" (of the hidden values of at most 100 rows of the last full batch, the
        share where the activation's derivative is below 0.05); "dead_fraction" (the share of the units for
        which this is true in all these rows); "learning_rate"; and "seconds".
    loss_curve_ : ndarray of shape (n_epochs,)
        The same as ``history_["loss"]``.

    Warns
    -----
    ConvergenceWarning
        If ``max_iter`` is reached first, if a line search of "lbfgs" fails, or if the loss ends no lower than
        with constant predictions.
    DivergenceWarning
        If the loss becomes infinite, explodes, or stays far above its first value. The model keeps its last
        good weights.
    SymmetryWarning
        If ``init_scale`` is 0.
    UserWarning
        If features of a dense X are far too large (200 and more on average).

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The network of scikit-learn, with any number of hidden layers.

    Notes
    -----
    Of 1,024 features or more, those that are zero in all rows get weights of zero. If at most half have been
    other than zero in a row so far, a network is trained with only these. The others take no memory in
    training.

    References
    ----------
    .. [1] Kingma, D. P., and Ba, J. (2015). Adam: A method for stochastic optimization. ICLR.
       https://arxiv.org/abs/1412.6980
    .. [2] Loshchilov, I., and Hutter, F. (2019). Decoupled weight decay regularization. ICLR.
       https://arxiv.org/abs/1711.05101

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

    The networks have different initial weights, different orders of the rows and, with early stopping,
    different validation rows. So they make different errors. The log-loss of the averaged probabilities is
    never above the mean of their log-losses, and often below all of them. With the solvers adam, adamw and
    sgd, the networks are trained in one pass, which takes much less time than training them one after the
    other.

    With ``alpha="auto"``, there is one choice for all networks. The alphas that were tried are spread over
    them, by the weights exp(-n d / 4): d is by how much the mean loss of the n held-out observations is above
    that of the best alpha.

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
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import ShallowNNEnsembleClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> ensemble = ShallowNNEnsembleClassifier(random_state=0)
    >>> clf = make_pipeline(StandardScaler(), ensemble)
    >>> clf.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    """

    estimators_: list[ShallowNNClassifier]

    _network: ClassVar = ShallowNNClassifier
