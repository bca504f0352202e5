"""
From a network to ONNX
======================

`ONNX <https://onnx.ai>`_ is a file format for models. Its runtimes predict without
Python, in C++, C#, Java or JavaScript. ``skl2onnx`` converts scikit-learn's estimators
to such files. With two more converters, it also converts our classifiers: alone, in a
Pipeline or in another meta-estimator.

Needs ``pip install . onnxruntime skl2onnx``.
"""

# %%
# The converters
# --------------
# Each converter calls a converter of skl2onnx. A network becomes the MLPClassifier that
# ``to_mlp_classifier`` returns. This raises an error if MLPClassifier does not have the
# activation. An ensemble becomes a VotingClassifier of such networks, which averages
# their probabilities.
#
# CalibratedClassifierCV reads the logits of a classifier, and skl2onnx asks for them
# with the option ``raw_scores``. A converter without this option gives it
# probabilities, and the file silently predicts something else. The logits are the
# network's outputs without the last activation. For two classes, skl2onnx turns the one
# output s into ``[1 - s, s]``. With s = logit + 0.5, and 0.5 subtracted at the end, the
# scores are ``[-logit, logit]``, and the predicted class has the larger score.

from skl2onnx import to_onnx, update_registered_converter
from skl2onnx.common._apply_operation import apply_identity, apply_sub
from skl2onnx.common.data_types import guess_proto_type
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
)
from sklearn.ensemble import VotingClassifier

from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier


def convert_network(scope, operator, container):
    """Convert a ShallowNNClassifier: its probabilities, or with raw_scores logits."""
    network = operator.raw_operator
    mlp = as_mlp(network)
    shift = 0.0
    if container.get_options(network, {"raw_scores": False})["raw_scores"]:
        mlp.out_activation_ = "identity"
        shift = 0.5 if len(mlp.classes_) == 2 else 0.0
    mlp.intercepts_[1] += shift
    hand_over(scope, operator, container, "SklearnMLPClassifier", mlp, shift)


def convert_ensemble(scope, operator, container):
    """Convert a ShallowNNEnsembleClassifier: the mean of its networks."""
    ensemble = operator.raw_operator
    if container.get_options(ensemble, {"raw_scores": False})["raw_scores"]:
        raise NotImplementedError("The logits of an ensemble cannot be converted.")
    vote = VotingClassifier([], voting="soft", flatten_transform=False)
    vote.estimators_ = [as_mlp(network) for network in ensemble.estimators_]
    vote.classes_ = ensemble.classes_
    hand_over(scope, operator, container, "SklearnVotingClassifier", vote)


def as_mlp(network):
    """Make the MLPClassifier with the same predictions."""
    mlp = network.to_mlp_classifier()
    if mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1:
        raise NotImplementedError(
            "skl2onnx treats two labels (multilabel y) as two classes."
        )
    return mlp


def hand_over(scope, operator, container, name, model, shift=0.0):
    """Let skl2onnx's converter ``name`` convert ``model``; subtract ``shift``."""
    label, scores = operator.outputs
    inner = scope.declare_local_operator(name, model)
    inner.inputs = operator.inputs
    inner.outputs.append(scope.declare_local_variable("inner_label", label.type))
    inner.outputs.append(scope.declare_local_variable("inner_scores", scores.type))
    inner_label, inner_scores = (output.full_name for output in inner.outputs)
    apply_identity(scope, inner_label, label.full_name, container)
    constant = scope.get_unique_variable_name("shift")
    container.add_initializer(constant, guess_proto_type(scores.type), [], [shift])
    apply_sub(scope, [inner_scores, constant], scores.full_name, container)


def register_converters():
    """Register the converters of our classifiers with skl2onnx."""
    boolean = [True, False]
    options = {
        "zipmap": [*boolean, "columns"],
        "nocl": boolean,
        "output_class_labels": boolean,
        "raw_scores": boolean,
    }
    for estimator, convert in (
        (ShallowNNClassifier, convert_network),
        (ShallowNNEnsembleClassifier, convert_ensemble),
    ):
        update_registered_converter(
            estimator,
            estimator.__name__,
            calculate_linear_classifier_output_shapes,
            convert,
            options=options,
        )


# %%
# There and back
# --------------
# A Pipeline is converted as a whole. Without ``zipmap`` the probabilities are an array,
# not a list of dictionaries. The file computes in the precision of the rows that
# ``to_onnx`` is given; in float32 its rounding differs from NumPy's.

import numpy as np
import onnxruntime
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def predict_by_onnx(model, X, **options):
    """Convert a fitted model for rows like X; return the predictions of the file."""
    onnx_model = to_onnx(model, X[:1], options={"zipmap": False, **options})
    session = onnxruntime.InferenceSession(onnx_model.SerializeToString())
    return session.run(None, {"X": X})


def main():
    """Convert a network and an ensemble, and compare the predictions."""
    register_converters()
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)
    network = ShallowNNClassifier(random_state=0)
    ensemble = ShallowNNEnsembleClassifier(n_networks=4, random_state=0)
    for classifier in (network, ensemble):
        model = make_pipeline(StandardScaler(), classifier).fit(X, y)
        labels, probabilities = predict_by_onnx(model, X)
        difference = np.abs(probabilities - model.predict_proba(X)).max()
        print(f"{type(classifier).__name__}: largest difference {difference:.0e}")
        print("same labels:", (labels == model.predict(X)).all())


if __name__ == "__main__":
    main()

# sphinx_gallery_thumbnail_path = "_static/thumbnails/onnx.svg"
