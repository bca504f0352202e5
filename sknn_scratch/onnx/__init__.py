"""Export to ONNX: after ``import sknn_scratch.onnx``, skl2onnx converts the estimators of this package.

::

    import sknn_scratch.onnx
    from skl2onnx import to_onnx

    onnx_model = to_onnx(pipeline, X[:1])

The import registers a converter for each estimator. So a Pipeline, or another meta-estimator, that contains
them is converted too. The converters of other classes stay as they are. The graph computes in the precision
of the rows that ``to_onnx`` is given, float32 or float64.

A converter adds nodes to a graph. A node computes one array from others, so arithmetic with the arrays of a
graph adds nodes. Read ``graph``, ``activations``, ``networks``, ``predictions``, ``tables`` and then
``registration``.
"""

from importlib.util import find_spec

if find_spec("skl2onnx") is None:
    raise ImportError(
        "sknn_scratch.onnx needs skl2onnx, which is not installed. Install it with\n    pip install skl2onnx"
    )

from sknn_scratch.onnx.registration import register_all

register_all()
