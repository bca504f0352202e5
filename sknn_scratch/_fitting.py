"""From a user's data to a training task, and from its result to fitted attributes.

``plan_fit`` does all that comes before training, ``finish_fit`` all that comes after. Between them stands
``_core.training.train``. Neither touches the estimator, so a fit that fails leaves it as it was; several
plans can be trained together.
"""

import copy
import inspect
import math
import warnings
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import validate_data

from sknn_scratch._core.activations import ACTIVATIONS, Activation
from sknn_scratch._core.batches import TrainData
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._core.network import Network, make_batch, mean_loss
from sknn_scratch._core.optimizers import OPTIMIZERS
from sknn_scratch._core.parameters import Layers, NetworkShape, flatten, initialise, view_parameters
from sknn_scratch._core.sparse import SparseRows
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._core.tasks import TrainConfig, TrainState, TrainTask
from sknn_scratch._targets import LabelEncoding, check_labels, plain_labels, row_weights
from sknn_scratch._validation import split_rows
from sknn_scratch.exceptions import DivergenceWarning, SymmetryWarning

# With "auto", training sets of at least this many rows are validated while training.
AUTO_EARLY_STOPPING_ROWS = 500
AUTO_BATCH_ROWS = 100

# What training goes on with, beside the fitted attributes.
KEPT = ("shuffle_rng", "dropout_rng", "memory", "n_updates", "loss_limit")

# What the parameter dtype means: float32 stays float32, all else becomes float64.
DTYPES = {None: [np.float64, np.float32], "float32": np.float32, "float64": np.float64}


@dataclass(frozen=True)
class FitInput:
    """What a user passes to fit or partial_fit. Several networks may be planned on one and the same."""

    X: object
    y: object
    sample_weight: object = None
    X_val: object = None
    y_val: object = None
    sample_weight_val: object = None
    classes: object = None
    partial: bool = False
    encoded: dict = field(default_factory=dict, repr=False)  # EncodedData by the parameter dtype


@dataclass(frozen=True)
class EncodedData:
    """The training data, validated and encoded; networks that share it can be stacked without a copy."""

    X: object
    y: np.ndarray
    targets: np.ndarray
    encoding: LabelEncoding
    attributes: dict  # the fitted attributes that follow from the data


@dataclass
class FitPlan:
    """A training task, and the copy of the estimator that will hold its result."""

    fitted: object
    task: TrainTask
    partial: bool


def plan_fit(estimator, inputs, state=None):
    """Validate the input, encode the labels, and prepare the task.

    Parameters
    ----------
    estimator : ShallowNNClassifier
        With validated parameters. It is not changed.
    inputs : FitInput
    state : TrainState, optional
        That of a fit of this estimator that was broken off, and that shall be finished.

    Returns
    -------
    FitPlan
    """
    trains_further = hasattr(estimator, "coefs_") and (inputs.partial or estimator.warm_start)
    goes_on = trains_further or state is not None
    fitted = copy.copy(estimator)
    if not goes_on:
        clear_fitted(fitted)
        fitted._seed_ = int(check_random_state(estimator.random_state).randint(2**31 - 1))
    check_combinations(estimator, inputs)
    if fitted.dtype not in inputs.encoded:
        inputs.encoded[fitted.dtype] = encode_data(fitted, inputs, goes_on)
    encoded = inputs.encoded[fitted.dtype]
    vars(fitted).update(encoded.attributes)
    fitted._activation_ = fitted.activation
    data = train_data(fitted, inputs, encoded)
    config = train_config(fitted, data, encoded.encoding, partial=inputs.partial)
    if state is None:
        state = next_state(fitted, config, data) if goes_on else first_state(fitted, config, data.X.dtype)
    return FitPlan(fitted, TrainTask(state, data, config), inputs.partial)


def clear_fitted(estimator):
    """Remove all fitted attributes: those that end in an underscore."""
    for name in fitted_names(estimator):
        delattr(estimator, name)


def fitted_names(estimator):
    """Names of the fitted attributes, private ones too."""
    return [name for name in vars(estimator) if name.endswith("_") and not name.endswith("__")]


def check_combinations(estimator, inputs):
    """Raise ValueError for parameters that are valid one by one but not together."""
    if estimator.solver == "lbfgs" and estimator.dropout > 0:
        raise ValueError(
            f"dropout={estimator.dropout} needs a stochastic solver, since lbfgs minimises a fixed "
            "objective; use solver='adam' or 'sgd', or dropout=0."
        )
    if (inputs.X_val is None) != (inputs.y_val is None):
        raise ValueError("X_val and y_val must be given together.")
    if inputs.X_val is None and inputs.sample_weight_val is not None:
        raise ValueError("sample_weight_val needs X_val and y_val.")
    if inputs.X_val is not None and not estimator.early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping, but early_stopping=False; set it to True or 'auto'."
        )


def encode_data(fitted, inputs, goes_on):
    """Validate and encode the training data."""
    dtype = fitted.coefs_[0].dtype if goes_on else DTYPES[fitted.dtype]
    X, y = validated_data(fitted, inputs.X, inputs.y, dtype, reset=not goes_on)
    encoding = find_encoding(fitted, y, inputs, goes_on)
    return EncodedData(X, y, encoding.encode(y, X.dtype), encoding, data_attributes(fitted))


def data_attributes(fitted):
    """Get those of the fitted attributes that follow from the data alone."""
    names = ("n_features_in_", "feature_names_in_", "classes_", "_target_kind_")
    return {name: getattr(fitted, name) for name in names if hasattr(fitted, name)}


def validated_data(fitted, X, y, dtype, *, reset):
    """Validate X and y, in the precision of the training; sparse X as CSR."""
    X, y = validate_data(
        fitted,
        X,
        plain_labels(y),
        accept_sparse="csr",
        dtype=dtype,
        order="C",
        multi_output=True,
        reset=reset,
    )
    return X, check_labels(y)


def find_encoding(fitted, y, inputs, goes_on):
    """Find the encoding of the labels, or check that it is still the one of the first fit."""
    if goes_on:
        encoding = fitted_encoding(fitted)
        encoding.check(y)
        encoding.check_classes(inputs.classes)
        if not inputs.partial and y.ndim == 1 and len(np.unique(y)) != len(encoding.classes):
            raise ValueError(
                f"To go on, y must have the same classes as before: {encoding.classes.tolist()}. With "
                "warm_start=False, fit starts anew."
            )
        if fitted.n_hidden != fitted.coefs_[0].shape[1]:
            raise ValueError(
                f"n_hidden={fitted.n_hidden}, but the fitted network has "
                f"{fitted.coefs_[0].shape[1]} hidden units and cannot be trained further with another "
                "number; set n_hidden back, or warm_start=False to start anew."
            )
        return encoding
    if inputs.partial and inputs.classes is None and y.ndim == 1:
        raise ValueError("classes must be passed on the first call to partial_fit.")
    encoding = LabelEncoding.of(y, inputs.classes)
    encoding.check_classes(inputs.classes)
    if len(encoding.classes) < 2 and encoding.kind != "multilabel":
        source = "y" if inputs.classes is None else "classes"
        raise ValueError(
            f"{source} has only one class, {encoding.classes.tolist()}; a classifier needs two or more."
        )
    if inputs.classes is not None:
        encoding.check(y)
    fitted.classes_, fitted._target_kind_ = encoding.classes, encoding.kind
    return encoding


def fitted_encoding(fitted):
    """Get the encoding of the labels of a fitted estimator."""
    return LabelEncoding(fitted._target_kind_, fitted.classes_)


def train_data(fitted, inputs, encoded):
    """Gather the rows to train on and those to validate with."""
    X, y, encoding = encoded.X, encoded.y, encoded.encoding
    weights = row_weights(inputs.sample_weight, fitted.class_weight, X, y, encoding.classes)
    rows = np.arange(X.shape[0]) if weights is None else np.flatnonzero(weights)
    check_enough_classes(rows, y, encoding, inputs)
    validation = score = None
    if inputs.X_val is not None:
        validation, score = given_validation(fitted, inputs, encoding, X.dtype)
    elif not inputs.partial and stops_early(fitted, len(rows)):
        rows, validation, score = held_out_validation(fitted, inputs, encoded, weights, rows)
    return TrainData(
        X,
        encoded.targets,
        rows=None if len(rows) == X.shape[0] else rows,
        weights=None if weights is None else weights[rows],
        validation=validation,
        score=score,
    )


def check_enough_classes(rows, y, encoding, inputs):
    """Raise ValueError if all rows with a positive weight are of one class."""
    if not inputs.partial and encoding.kind != "multilabel" and np.all(y[rows] == y[rows[0]]):
        raise ValueError(
            f"All rows with a positive weight are of one class, {y[rows[:1]].tolist()}; "
            "a classifier needs at least 2 classes."
        )


def stops_early(estimator, n_samples):
    """Whether some of the training rows shall be held out to validate."""
    if estimator.early_stopping == "auto":
        return n_samples >= AUTO_EARLY_STOPPING_ROWS
    return bool(estimator.early_stopping)


def held_out_validation(fitted, inputs, encoded, weights, rows):
    """Split the rows, the same way for the same seed and data."""
    X, y, targets = encoded.X, encoded.y, encoded.targets
    rng = random_streams(fitted)["split"]
    train_rows, rows = split_rows(rows, y, fitted.validation_fraction, rng)
    weights = None if weights is None else weights[rows]
    validation = validation_batch(X[rows], targets[rows], weights, encoded.encoding)
    X_user = inputs.X if hasattr(inputs.X, "columns") else X
    return train_rows, validation, scorer_of(fitted, _safe_indexing(X_user, rows), y[rows], weights)


def given_validation(fitted, inputs, encoding, dtype):
    """Validate X_val, y_val and sample_weight_val."""
    try:
        X, y = validated_data(fitted, inputs.X_val, inputs.y_val, dtype, reset=False)
        encoding.check(y)
        targets = encoding.encode(y, dtype)
        weights = row_weights(inputs.sample_weight_val, fitted.class_weight, X, y, encoding.classes)
    except ValueError as error:
        raise ValueError(f"In X_val, y_val or sample_weight_val: {error}") from error
    validation = validation_batch(X, targets, weights, encoding)
    return validation, scorer_of(fitted, inputs.X_val, y, weights)


def validation_batch(X, targets, weights, encoding):
    """Make a batch of the validation rows."""
    X = SparseRows([X], stacked=False) if scipy.sparse.issparse(X) else X
    return make_batch(X, targets, weights, LOSSES[encoding.loss])


def scorer_of(fitted, X, y, weights):
    """Make a function that scores parameters on the validation rows, or None to watch the loss."""
    if fitted.scoring == "loss":
        return None
    scorer = check_scoring(fitted, fitted.scoring)
    is_weighted = weights is not None and takes_weights(scorer)
    weighted = {"sample_weight": weights} if is_weighted else {}

    def score(params):
        snapshot = copy.copy(fitted)
        set_layers(snapshot, params)
        try:
            value = float(scorer(snapshot, X, y, **weighted))
        except ValueError as error:
            raise ValueError(
                f"scoring={fitted.scoring!r} cannot score the {len(y)} validation rows: {error}"
            ) from error
        if math.isnan(value):
            raise ValueError(
                f"scoring={fitted.scoring!r} gave NaN for the {len(y)} validation rows; use another scorer, "
                "or other validation rows (validation_fraction, X_val)."
            )
        return value

    return score


def takes_weights(scorer):
    """Whether a scorer has a parameter ``sample_weight``; one of the user's own may do without."""
    parameters = inspect.signature(scorer).parameters
    return "sample_weight" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def train_config(fitted, data, encoding, *, partial):
    """Turn the hyperparameters into the record that training reads."""
    batch_size = {"auto": AUTO_BATCH_ROWS, None: data.n_samples}.get(fitted.batch_size, fitted.batch_size)
    shape = NetworkShape(data.X.shape[1], fitted.n_hidden, encoding.n_outputs)
    return TrainConfig(
        network=Network(shape, activation_of(fitted.activation), LOSSES[encoding.loss]),
        solver=fitted.solver,
        batch_size=data.n_samples if fitted.solver == "lbfgs" else min(batch_size, data.n_samples),
        max_iter=1 if partial else fitted.max_iter,
        learning_rate=float(fitted.learning_rate),
        schedule="constant" if fitted.solver == "lbfgs" else fitted.learning_rate_schedule,
        **{
            name: getattr(fitted, name)
            for name in (
                "alpha",
                "dropout",
                "momentum",
                "nesterov",
                "beta_1",
                "beta_2",
                "epsilon",
                "tol",
                "n_iter_no_change",
                "gradient_tol",
            )
        },
    )


def activation_of(activation):
    """Look the activation up, unless it is the user's own."""
    return activation if isinstance(activation, Activation) else ACTIVATIONS[activation]


def random_streams(fitted):
    """Make a random stream for each purpose from the seed of the fit."""
    purposes = ("init", "shuffle", "split", "dropout")
    seeds = np.random.SeedSequence(fitted._seed_).spawn(len(purposes))
    return {purpose: np.random.default_rng(seed) for purpose, seed in zip(purposes, seeds, strict=True)}


def first_state(fitted, config, dtype):
    """Start a network: random weights, no memory."""
    if fitted.init_scale == 0:
        warnings.warn(
            "init_scale=0: all weights start at zero, so all hidden units stay identical. Use a small "
            "positive number, such as 0.1.",
            SymmetryWarning,
            stacklevel=6,
        )
    streams = random_streams(fitted)
    return TrainState(
        params=initialise(config.network.shape, fitted.init_scale, streams["init"], dtype),
        shuffle_rng=streams["shuffle"],
        dropout_rng=streams["dropout"],
        learning_rate=config.learning_rate,
    )


def next_state(fitted, config, data):
    """Go on from a fitted network, with its optimiser's memory if that was kept for the same solver.

    The network is the best so far: it is given back if training on does not better its validation.
    """
    streams = random_streams(fitted)
    fresh = {"shuffle_rng": streams["shuffle"], "dropout_rng": streams["dropout"]}
    state = TrainState(
        params=flatten(fitted_layers(fitted)),
        learning_rate=config.learning_rate,
        epochs_before=fitted.n_iter_,
        **(getattr(fitted, "_kept_", None) or fresh),
    ).for_another_run(config.learning_rate)
    optimizer = OPTIMIZERS.get(config.solver)
    if optimizer is None or state.memory.keys() != optimizer.init(state.params).keys():
        state.memory, state.n_updates = {}, 0
    if data.validation is not None:
        state.watch.see(
            validation_value(config.network, data, state.params), fitted.best_iter_, config.tol, state.params
        )
    return state


@np.errstate(all="ignore")
def validation_value(network, data, params):
    """Evaluate what is watched of the validation rows: their loss, or minus their score."""
    if data.score is not None:
        return -data.score(params)
    return float(mean_loss(network, view_parameters(params, network.shape), data.validation))


def fitted_layers(fitted):
    """View ``coefs_`` and ``intercepts_`` as the core's layers."""
    return Layers(*fitted.coefs_, *(b[np.newaxis] for b in fitted.intercepts_))


def fitted_network(fitted):
    """Describe the fitted network to the core."""
    n_features, n_hidden = fitted.coefs_[0].shape
    shape = NetworkShape(n_features, n_hidden, fitted.coefs_[1].shape[1])
    return Network(shape, activation_of(fitted._activation_), LOSSES[fitted_encoding(fitted).loss])


def set_layers(fitted, params):
    """Set ``coefs_`` and ``intercepts_`` from a flat buffer, which is copied."""
    shape = NetworkShape(fitted.n_features_in_, fitted.n_hidden, fitted_encoding(fitted).n_outputs)
    layers = view_parameters(params, shape)
    fitted.coefs_ = [layers.w_hidden.copy(), layers.w_output.copy()]
    fitted.intercepts_ = [layers.b_hidden[0].copy(), layers.b_output[0].copy()]


def finish_fit(plan, result):
    """Put the result into the plan's copy of the estimator, warn of trouble, and return the copy."""
    fitted, state = plan.fitted, result.state
    set_layers(fitted, state.params)
    set_history(fitted, state)
    fitted.best_iter_ = result.best_epoch
    fitted.stop_reason_ = result.stop_reason.name.lower()
    vars(fitted).pop("_kept_", None)
    if fitted.warm_start or plan.partial:
        fitted._kept_ = {name: getattr(state, name) for name in KEPT}
    warn_of_trouble(result, plan)
    return fitted


def set_history(fitted, state):
    """Set ``history_``, ``loss_curve_`` and ``n_iter_``: the epochs of earlier runs and of the last one."""
    earlier, records = getattr(fitted, "history_", {}), state.history
    missing = np.full(state.epochs_before, math.nan)
    names = dict.fromkeys([*earlier, *(name for record in records for name in record)])
    fitted.history_ = {
        name: np.append(earlier.get(name, missing), [record.get(name, math.nan) for record in records])
        for name in names
    }
    fitted.loss_curve_ = fitted.history_.get("loss", np.array([]))
    fitted.n_iter_ = state.epoch


def snapshot(plan, state):
    """Fitted attributes of an estimator with the parameters of ``state``, as if a callback had stopped it."""
    fitted = copy.copy(plan.fitted)
    set_layers(fitted, state.params)
    set_history(fitted, state)
    fitted.best_iter_ = state.epoch
    fitted.stop_reason_ = (state.stop_reason or StopReason.CALLBACK).name.lower()
    return {name: getattr(fitted, name) for name in fitted_names(fitted)}


def adopt(estimator, fitted):
    """Replace an estimator's fitted attributes by another's, in a single step that cannot be interrupted."""
    stale = fitted_names(estimator)
    kept = {name: value for name, value in vars(estimator).items() if name not in stale}
    estimator.__dict__ = kept | {name: getattr(fitted, name) for name in fitted_names(fitted)}


def warn_of_trouble(result, plan):
    """Turn a bad end into a warning that names the remedy."""
    reason, sentence = result.stop_reason, result.stop_reason.value
    if reason is StopReason.MAX_ITER and not plan.partial:
        remedy = f"Increase max_iter={plan.task.config.max_iter}."
        message, category = f"{sentence} {remedy}", ConvergenceWarning
    elif reason is StopReason.DIVERGED:
        remedy = "Scale the features, or decrease learning_rate or init_scale."
        message, category = f"{sentence} {remedy}", DivergenceWarning
    elif reason is StopReason.INTERRUPTED:
        message, category = sentence, UserWarning
    else:
        return
    warnings.warn(message, category, stacklevel=6)
