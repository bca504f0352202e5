"""Checkpoints: the callback that writes the state of a training to a file, the file, and ``resume``.

Planning a fit is deterministic. So ``resume`` plans it anew, from the same parameters, the same seed and the
same earlier model if it was a warm start, and puts the stored state in place. The file does not include the
data. The user passes these again, and their fingerprints are compared.

The file is a line with the format and a digest, and a pickle. If the digest is right, the contents are what
was written, and need no checks.
"""

import os
import pickle
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from numbers import Integral
from pathlib import Path
from typing import Any, Self

import joblib

from sknn_scratch._core.state import State, StopReason
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._fitting.fitted import DATA_ATTRIBUTES, adopt, attributes_of
from sknn_scratch._fitting.inputs import ArrayLike, FitInput
from sknn_scratch._fitting.plan import plan_fit

FORMAT = b"sknn_scratch checkpoint, format 11, "  # another number whenever the contents change


class CheckpointError(ValueError):
    """A file is not a checkpoint, is damaged, or does not belong to the data of ``resume``."""


@dataclass(frozen=True)
class Checkpoint:
    """A callback that saves the training state to a file, to continue after a crash.

    The file is written before the first epoch, after every n epochs and after the last one. It is always
    replaced as a whole, also one of an earlier fit: after a crash at any moment, a complete file is there.
    :meth:`ShallowNNClassifier.resume` continues from it, and ends with the same weights, bit for bit, as a
    fit without a crash. Checkpoints need scikit-learn 1.9.

    Parameters
    ----------
    path : str or path-like
        The file. Its directory must exist. Only one fit at a time may write to it. So set the callback on the
        network that you fit (also if it is the last step of a Pipeline), not on one that a search or
        cross-validation clones.
    every : int, default=1
        Number of epochs between two writes, and the most that a crash loses.

    Raises
    ------
    ValueError
        In ``fit``, if the network is one of a search, or if the solver is "lbfgs", which "auto" chooses for
        few rows. In ``partial_fit``: save the estimator itself between two calls. If pickle cannot save a
        parameter, such as an :class:`Activation` of lambdas: write functions with ``def``, in a module.
    OSError
        In ``fit``, if the path is a directory, a device or a pipe, if its directory does not exist, or if the
        disk is full.

    See Also
    --------
    ShallowNNClassifier.resume : Continue from the file.

    Notes
    -----
    The file contains the parameters, the optimiser's memory, the history, the states of the random generators
    and, of a warm start, the model from which the fit continues. It is about five times as large as the
    weights. It contains no training data, only a hash of them. It is a pickle: resume only from files that
    you trust. Functions of your own must be where they were when it was written.

    Examples
    --------
    A script that you can start again after each crash:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import Checkpoint, ShallowNNClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> directory = tempfile.TemporaryDirectory()
    >>> path = Path(directory.name) / "iris.checkpoint"
    >>> if path.exists():
    ...     clf = ShallowNNClassifier.resume(path, X, y)
    ... else:
    ...     clf = ShallowNNClassifier(solver="adam", max_iter=1000, random_state=0)
    ...     clf = clf.set_callbacks(Checkpoint(path, every=10)).fit(X, y)
    >>> bool((ShallowNNClassifier.resume(path, X, y).coefs_[0] == clf.coefs_[0]).all())
    True
    >>> directory.cleanup()
    """

    path: str | os.PathLike
    every: int = 1

    def __post_init__(self):
        if not isinstance(self.path, str | os.PathLike):
            raise TypeError(f"path must be a str or path-like, got {self.path!r}.")
        if not isinstance(self.every, Integral) or isinstance(self.every, bool) or self.every < 1:
            raise ValueError(f"every must be an int >= 1, got {self.every!r}.")

    def setup(self, estimator, context):
        """Check that there is one fit of the right kind, and a directory to write to."""
        name = type(estimator).__name__
        if not hasattr(estimator, "resume"):
            raise ValueError(
                f"Checkpoint cannot be set on {name}; set it on the ShallowNNClassifier or "
                "ShallowNNRegressor, also if that is a step of a Pipeline."
            )
        if is_one_of_many(context):
            raise ValueError(
                f"Checkpoint cannot be set on the {name} of a search, since all candidates would write to "
                f"the same file, {self.path}; fit the best candidate separately, with a Checkpoint."
            )
        if not (directory := regular_file(self.path).parent).is_dir():
            raise FileNotFoundError(
                f"Checkpoint cannot write {self.path}, since there is no directory {directory}; make it "
                "first."
            )

    def teardown(self, estimator, context):
        """Do nothing: no file stays open."""

    def on_fit_task_begin(self, estimator, context):
        """Write before the training, and before an epoch if ``every`` epochs have passed."""
        if context.task_name == "fit":
            context.contents = contents_of(context.fit, int(self.every))
            write_contents(self.path, context.contents)
        elif (n_epochs := context.parent.fit.run.epochs_done) > 0 and n_epochs % self.every == 0:
            write_contents(self.path, context.parent.contents)

    def on_fit_task_end(self, estimator, context):
        """Write after the last epoch; an interrupted fit can be resumed from the last file."""
        if context.task_name == "fit" and context.contents.state.stop_reason is not StopReason.INTERRUPTED:
            write_contents(self.path, context.contents)


def is_one_of_many(context):
    """Whether a task has an ancestor whose subtasks need not run one after another, as in a search."""
    if context.parent is None:
        return False
    return not context.parent.sequential_subtasks or is_one_of_many(context.parent)


class Resumable:
    """An estimator whose fits can be resumed."""

    @classmethod
    def resume(
        cls,
        path: str | os.PathLike[str],
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike = None,
        *,
        X_val: ArrayLike = None,
        y_val: ArrayLike = None,
        sample_weight_val: ArrayLike = None,
        callbacks: Iterable[Any] = (),
    ) -> Self:
        """Continue a fit that did not finish, from the file that its :class:`Checkpoint` wrote.

        On the same machine and with the same library versions, it ends with the same weights, bit for bit,
        and with the same fitted attributes (except for ``history_["seconds"]``) as a fit that was never
        stopped. If the fit had finished, its model is returned without further training. If it was
        interrupted (Ctrl-C), it continues.

        Parameters
        ----------
        path : str or path-like
            The file. The estimator gets a ``Checkpoint`` for the same file, with the same ``every``.
        X, y, sample_weight, X_val, y_val, sample_weight_val : as in fit
            The same values as in ``fit``, with the rows in the same order. The file does not contain them.
        callbacks : sequence of callbacks, default=()
            Further callbacks, for :meth:`set_callbacks`.

        Returns
        -------
        estimator : ShallowNNClassifier or ShallowNNRegressor
            A new, fitted estimator, with the parameters of the estimator whose fit did not finish.

        Raises
        ------
        CheckpointError
            If the file is damaged, has another format, or is not a checkpoint of this class, if a function of
            yours is not where it was, or if the data are not the data of the fit. It is a ValueError.
        OSError
            If there is no such file (then it is a FileNotFoundError), or it is a directory, a device or a
            pipe.

        See Also
        --------
        Checkpoint : Writes the file. Its example is a script that goes on after each crash.

        Notes
        -----
        In a Pipeline, the network was trained on transformed rows, so pass these:
        ``resume(path, pipeline[:-1].transform(X), y)``.
        """
        contents = read_contents(path)
        estimator = contents.estimator
        if type(estimator) is not cls:
            name = type(estimator).__name__
            raise CheckpointError(
                f"{path} is of a fit of {name}; call {name}.resume, not {cls.__name__}.resume."
            )
        estimator.set_callbacks(Checkpoint(path, contents.every), *callbacks)
        inputs = FitInput(X, y, sample_weight, X_val, y_val, sample_weight_val, seed=contents.seed)
        return estimator._resume(inputs, contents)

    @validates_parameters
    def _resume(self, inputs, contents):
        try:
            fit = plan_fit(self, inputs)
            found, expected = fingerprints(fit), contents.fingerprints
            if changed := [part for part in found if found[part] != expected[part]]:
                raise ValueError(f"they differ in {' and '.join(changed)}.")
        except ValueError as error:
            raise CheckpointError(
                f"The data are not those of the fit that wrote the checkpoint: {error} Pass the same values "
                "in the same order and format. To train the network further on other data, use "
                "warm_start=True."
            ) from error
        fit.run = replace(fit.run, state=contents.state)
        return self._train(fit)


@dataclass(frozen=True)
class Contents:
    """What a file contains of a fit."""

    estimator: Resumable  # as it was before the fit, without callbacks
    seed: int
    fingerprints: dict  # of the data
    state: State  # the present one, which changes in training
    every: int  # number of epochs between two writes


def contents_of(fit, every):
    """Describe a fit at its start, for a file of ``every`` n epochs; ValueError if it cannot be resumed."""
    if fit.inputs.partial:
        raise ValueError(
            "Checkpoint is for fit, not for partial_fit. Save the estimator itself between two calls, with "
            "pickle or joblib, and remove the Checkpoint with set_callbacks()."
        )
    if fit.run.config.optimizer.takes_all_rows:
        raise ValueError(
            f"Checkpoint is for stochastic solvers, but with solver={fit.model.solver!r} this fit is by "
            f"{fit.model.solver_}. Set solver='adam', or remove the Checkpoint with set_callbacks()."
        )
    estimator = type(fit.estimator)(**fit.estimator.get_params(deep=False))
    if estimator.warm_start:
        adopt(estimator, attributes_of(fit.estimator))
    return Contents(estimator, fit.model._seed_, fingerprints(fit), fit.run.state, every)


def fingerprints(fit):
    """Hash the training data, part by part."""
    data, held_out = fit.run.data, fit.run.data.validation
    parts = {
        "X": (data.X.n_features, *data.X.arrays),
        "y": data.targets,
        "sample_weight": data.row_weights,
        "the rows to validate with": [data.rows, held_out and (held_out.X.arrays, held_out.targets)],
        "names of columns, labels or the scale of y": attributes_of(fit.model, DATA_ATTRIBUTES),
    }
    return {name: joblib.hash(part, coerce_mmap=True) for name, part in parts.items()}


# --- The file ---


def regular_file(path):
    """Make a Path; raise OSError if there is something else than a file."""
    path = Path(path)
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is a directory, a device or a pipe; pass the path of a file.")
    return path


def write_contents(path, contents):
    """Write a file, so that after a crash at any moment either the old file or the new one is there."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        pickled = pickle.dumps(contents)
    except (pickle.PicklingError, AttributeError, TypeError) as error:  # of a user's function
        raise ValueError(
            f"Checkpoint cannot save the estimator: {error}. Write your functions with def, in a module."
        ) from error
    version = sys.modules["sknn_scratch"].__version__  # to import it would be circular
    line = f"by version {version}, sha256 {sha256(pickled).hexdigest()}\n"
    try:
        with open(temporary, "wb") as file:
            file.writelines((FORMAT, line.encode(), pickled))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_contents(path):
    """Read a file; raise CheckpointError if it is damaged or of another format, OSError if there is none."""
    line, _, pickled = regular_file(path).read_bytes().partition(b"\n")
    if not line.startswith(FORMAT):
        raise CheckpointError(
            f"{path} is no checkpoint, or one of another version of sknn_scratch: it begins with "
            f"{line[:100]}, not with {FORMAT}. Pass a file that Checkpoint wrote, install the version that "
            "wrote it, or fit anew."
        )
    if not line.endswith(sha256(pickled).hexdigest().encode()):
        raise CheckpointError(f"{path} is damaged. Use a copy of it, or fit anew.")
    try:
        return pickle.loads(pickled)
    except (AttributeError, ImportError) as error:
        raise CheckpointError(
            f"{path} needs a function or class of yours: {error}. Import or define it."
        ) from error
