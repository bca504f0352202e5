"""ShallowNNClassifier: one network that predicts classes."""

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np
from sklearn.neural_network import MLPClassifier

from sknn_scratch._core.activations import Activation
from sknn_scratch._estimators.base import BaseShallowNN
from sknn_scratch._estimators.classification import Classification
from sknn_scratch._estimators.mlp import from_mlp_classifier, to_mlp_classifier
from sknn_scratch._estimators.parameters import parameters_of
from sknn_scratch._estimators.single import SingleNetwork


class ShallowNNClassifier(Classification, SingleNetwork):
    """A neural network with one hidden layer, for classification.

    The network computes ``logits = g(X W1 + b1) W2 + b2`` and minimises, over the training rows::

        sum_i weight_i loss_i / S  +  alpha / (2 max(S, 100)) (|W1|^2 + |W2|^2)

    where loss_i is the cross-entropy of row i and S the sum of the weights (the number of rows, if they
    all weigh one). From 100 rows on, ``alpha`` is the 1 / C of
    :class:`~sklearn.linear_model.LogisticRegression`: the penalty fades as rows are added, a weight of two
    counts like a row that is there twice, and the objective does not depend on the batch size. With fewer
    rows the penalty grows no further, since it would outweigh the loss. Biases are not penalised. Adam is
    that of [1]_, in the form with "epsilon hat", and AdamW that of [2]_.

    Parameters
    ----------
    n_hidden : int, default=100
        Number of hidden units.
    activation : {"identity", "sigmoid", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus", \
            "gelu", "silu"} or Activation, default="relu"
        The function g of the hidden units. "logistic" is another name for "sigmoid". For one of your own,
        pass an :class:`Activation`.
    init_scale : float or {"he", "glorot"}, default="glorot"
        Standard deviation of the normally distributed initial weights; biases start at zero. "he" and
        "glorot" derive it from the sizes of the layers. With 0 the hidden units stay identical.
    learning_rate : float, default=0.005
        Step size of the solvers "adam", "adamw" and "sgd".
    solver : {"auto", "adam", "adamw", "sgd", "lbfgs"}, default="auto"
        "auto" is "lbfgs" for a ``fit`` with fewer than 500 rows to train on and without validation,
        ``dropout`` and ``max_grad_norm``, and else "adam"; ``solver_`` says which. "adam" is Adam. "adamw"
        is Adam with decoupled weight decay: every step shrinks the weights by
        ``learning_rate * alpha / max(S, 100)`` of themselves. The penalty is not part of its gradient, so the
        gradient norms of ``history_`` and ``gradient_tol`` ignore it. "sgd" is gradient descent with
        momentum, plain gradient descent with ``momentum=0`` and ``batch_size=None``. "lbfgs" is L-BFGS
        on all rows at once, for small data sets; it remembers the last 20 steps.
    batch_size : int, "auto" or None, default="auto"
        Rows in a mini-batch. "auto" is 100, or all rows if there are fewer; None is all rows. Ignored
        by "lbfgs".
    max_iter : int, default=200
        Maximum number of epochs; of iterations for "lbfgs".
    alpha : float, default=1.0
        Strength of the L2 penalty, in the objective of :class:`ShallowNNClassifier`. In ``partial_fit``, S
        there counts the rows of all calls so far.
    dropout : float, default=0.0
        Share of the hidden units left out at random at every step. Not for "lbfgs".
    momentum : float, default=0.9
        Momentum of "sgd".
    nesterov : bool, default=True
        Whether the momentum looks ahead (Nesterov).
    beta_1 : float, default=0.9
        Decay of Adam's and AdamW's first moment.
    beta_2 : float, default=0.999
        Decay of Adam's and AdamW's second moment.
    epsilon : float, default=1e-8
        They divide by ``sqrt(v) + epsilon``, v being the second moment before its bias is corrected.
    learning_rate_schedule : {"constant", "cosine", "one_cycle", "adaptive"}, default="constant"
        "cosine" lowers the learning rate to zero over ``max_iter`` epochs; "one_cycle" raises it from a
        small part to all of it in the first 30 % of these epochs, then lowers it to zero; "adaptive" divides
        it by five whenever there has been no improvement for ``n_iter_no_change`` epochs, and only stops
        once it is below 1e-6. In ``partial_fit``, which makes one epoch, it stays as it is.
    max_grad_norm : float or None, default=None
        The largest norm of a gradient of the loss, over all weights and biases of the network: a larger
        gradient is scaled down to it. None is no limit. Not for "lbfgs".
    tol : float, default=0.001
        Training stops when the watched value has not improved by more than ``tol`` for
        ``n_iter_no_change`` epochs. The watched value is the objective or, if there are rows to validate
        with, what ``scoring`` says.
    n_iter_no_change : int or "auto", default="auto"
        See ``tol``. "auto" is 10 epochs, or as many as have 100 updates if these are more; with "lbfgs", 10.
    gradient_tol : float, default=0.0
        Training also stops when the norm of the gradient falls below this: that of the last batch of an
        epoch, which is all rows with ``batch_size=None``. One that ``max_grad_norm`` scales down counts as
        long as it was.
    early_stopping : bool or "auto", default="auto"
        Whether to hold rows out of training, watch these, and keep the weights of the best epoch.
        "auto" does so from 500 rows on, if about five or more of the rows held out are outside the most
        frequent class, and where ``X_val`` is given. Rows that are each of a class of its own all stay in
        training. In a search, say True or False if the folds may have fewer rows than that and all rows more,
        and name the ``solver``.
    validation_fraction : float or int, default=0.1
        Share or number of rows to hold out. The split is stratified; of every class at least one row
        stays in training.
    scoring : str or callable, default="loss"
        What to watch of the validation rows: their loss, or a scikit-learn scorer.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, which multiply those of the rows. "balanced" gives all classes the same
        total weight. With multilabel y, "balanced" multiplies the weights of the labels, and a dict is an
        error.
    dtype : {"float32", "float64"} or None, default=None
        Precision of training and prediction. With None, float32 X gives float32, anything else float64.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights and the optimiser's memory of the last fit, with full
        patience and ``max_iter`` further epochs.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the rows, the validation split and dropout.
    verbose : int, default=0
        If not 0, print a line after every epoch. The last line says why training stopped, and which epoch was
        kept.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted; the column numbers if y was multilabel.
    coefs_ : list of two ndarrays, of shape (n_features, n_hidden) and (n_hidden, n_outputs)
        The weights. n_outputs is 1 for two classes, else the number of classes or labels.
    intercepts_ : list of two ndarrays, of shape (n_hidden,) and (n_outputs,)
        The biases.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had any.
    n_iter_ : int
        Number of epochs made, over all calls with ``warm_start`` or ``partial_fit``, also those that
        ``history_`` no longer holds.
    best_iter_ : int
        The epoch whose weights the model has.
    stop_reason_ : str
        "converged", "max_iter", "no_improvement", "small_gradient", "callback", "interrupted",
        "diverged" or, with "lbfgs", "line_search_failed".
    solver_ : str
        The solver of the last call: ``solver``, or what "auto" has chosen.
    history_ : dict of ndarray of shape (n_epochs,)
        The epochs of the last call, and of those before with ``warm_start`` or ``partial_fit`` the latest, up
        to 10,000 epochs in all. So n_epochs is `n_iter_`, until earlier epochs are dropped.
        One entry an epoch: "loss" (the mean loss of the batches as they came, plus the penalty at the start
        of the epoch), "val_loss" where there was a validation, "val_score" if it has a scorer,
        "gradient_norm_hidden" and "gradient_norm_output" (of the layers' last gradient, scaled down if
        ``max_grad_norm`` asks for it), "saturated_fraction" (of the hidden values of the last rows, those
        where the activation's derivative is below 0.05) and "dead_fraction" (of the units, those for which
        this holds for all these rows), "learning_rate", and "seconds".
    loss_curve_ : ndarray of shape (n_epochs,)
        The same as ``history_["loss"]``.

    Warns
    -----
    ConvergenceWarning
        If ``max_iter`` is reached first, or a line search of "lbfgs" fails.
    DivergenceWarning
        If the loss becomes infinite, explodes, or stays far above its start. The model keeps its last good
        weights.
    SymmetryWarning
        If ``init_scale`` is 0.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The network of scikit-learn, with any number of hidden layers.

    Notes
    -----
    With sparse X, more than 2**17 weights in the hidden layer, and batches that use few of the features,
    "adam", "adamw" and "sgd" update in a step only the weights of the features that occur in the batch, where
    this is estimated to be faster. The penalty makes up for the steps without a feature; momentum acts only
    in the steps with it. In ``fit``, features that occur in no row then start with weights of zero, unless
    ``alpha=0``.

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

    def __init__(
        self,
        n_hidden: int = 100,
        activation: str | Activation = "relu",
        init_scale: float | str = "glorot",
        learning_rate: float = 0.005,
        *,
        solver: str = "auto",
        batch_size: int | Literal["auto"] | None = "auto",
        max_iter: int = 200,
        alpha: float = 1.0,
        dropout: float = 0.0,
        momentum: float = 0.9,
        nesterov: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate_schedule: str = "constant",
        max_grad_norm: float | None = None,
        tol: float = 1e-3,
        n_iter_no_change: int | Literal["auto"] = "auto",
        gradient_tol: float = 0.0,
        early_stopping: bool | Literal["auto"] = "auto",
        validation_fraction: float = 0.1,
        scoring: str | Callable[..., float] = "loss",
        class_weight: dict[Any, Any] | Literal["balanced"] | None = None,
        dtype: str | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(**parameters_of(BaseShallowNN, locals()))
        self.class_weight = class_weight

    def to_mlp_classifier(self) -> MLPClassifier:
        """Make a scikit-learn MLPClassifier with the same predictions, for tools that ask for one.

        It gets the weights, the losses, and those parameters that it has too. So "adamw" becomes "adam", a
        batch size of None "auto", and a schedule that it lacks "constant"; dropout and class weights are
        dropped. It can be trained further.

        Returns
        -------
        mlp : sklearn.neural_network.MLPClassifier
            A fitted one, with one hidden layer.

        Raises
        ------
        ValueError
            If ``activation`` is none of "identity", "sigmoid", "logistic", "tanh" and "relu".

        See Also
        --------
        from_mlp_classifier : The way back.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sknn_scratch import ShallowNNClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = ShallowNNClassifier(solver="lbfgs", random_state=0).fit(X, y)
        >>> mlp = clf.to_mlp_classifier()
        >>> bool((mlp.predict(X) == clf.predict(X)).all())
        True
        """
        return to_mlp_classifier(self)

    @classmethod
    def from_mlp_classifier(cls, mlp: MLPClassifier) -> Self:
        """Make a ShallowNNClassifier with the predictions of a fitted scikit-learn MLPClassifier.

        It gets the weights, the losses, and those parameters that it has too. ``alpha`` stays as it is; both
        mean the same by it for full batches of 100 rows or more, but MLPClassifier's penalty grows as its
        batches shrink. The network can be trained further, by ``partial_fit`` or after
        ``set_params(warm_start=True)``; the memory of the optimiser is not taken over. The penalty of
        ``partial_fit`` counts the rows of an epoch of MLPClassifier as earlier rows; with the solver "lbfgs"
        it does not say how many. ``stop_reason_`` is inferred. Where MLPClassifier kept only the last loss,
        as with "lbfgs", the earlier ones are NaN in ``history_``.

        Parameters
        ----------
        mlp : sklearn.neural_network.MLPClassifier
            Fitted, with one hidden layer.

        Returns
        -------
        estimator : ShallowNNClassifier
            A new, fitted estimator.

        Raises
        ------
        TypeError
            If ``mlp`` is not an MLPClassifier.
        ValueError
            If it has more than one hidden layer, or fewer than two classes.

        See Also
        --------
        to_mlp_classifier : The way back.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.neural_network import MLPClassifier
        >>> from sknn_scratch import ShallowNNClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> mlp = MLPClassifier((10,), solver="lbfgs", max_iter=1000, random_state=0).fit(X, y)
        >>> clf = ShallowNNClassifier.from_mlp_classifier(mlp)
        >>> bool((clf.predict(X) == mlp.predict(X)).all())
        True
        """
        return from_mlp_classifier(cls, mlp)
