"""ONNX files of the right shape with random numbers in them.

They stand in for weights that cannot be had without a download: they show that a model's path
works from file to template, and say nothing about how well it tells people apart.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from device_bridge.adapters.face_deepface import models, weight_files, weights
from device_bridge.adapters.face_deepface.models import Model

_KERNEL, _FEATURES = 16, 8


def write(home: Path, model: Model, *, dimension: int | None = None) -> None:
    """Put a random file where the model's is looked for, and vouch for it."""
    [name] = model.files["onnx"]
    content = network(model, dimension or model.dimension).SerializeToString()
    weights.put(weights.path_of(home, name), content)
    # As a person does who has compared the checksum elsewhere.
    if not weight_files.FILES[name].sha256:
        weights.accept(home, name, weights.sha256_of(weights.path_of(home, name)))


def network(model: Model, dimension: int) -> onnx.ModelProto:
    """A convolution, a bend and a projection: any change of any pixel changes the answer."""
    random, side = np.random.default_rng(len(model.id)), model.alignment.side_px
    planes_first = model is models.SFACE
    cells = (side // _KERNEL) ** 2 * _FEATURES
    filters = random.standard_normal((_FEATURES, 3, _KERNEL, _KERNEL)).astype(np.float32)
    projection = random.standard_normal((cells, dimension)).astype(np.float32)
    shape: list[int | str | None] = [1, 3, side, side] if planes_first else ["n", side, side, 3]
    nodes = [] if planes_first else [_node("Transpose", ["x"], "planes", perm=[0, 3, 1, 2])]
    nodes += [
        _node(
            "Conv", ["x" if planes_first else "planes", "filters"], "cells", strides=[_KERNEL] * 2
        ),
        _node("Tanh", ["cells"], "bent"),
        _node("Flatten", ["bent"], "flat"),
        _node("MatMul", ["flat", "projection"], "y"),
    ]
    graph = helper.make_graph(
        nodes,
        "random",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], dimension])],
        [
            numpy_helper.from_array(filters / _KERNEL**2, "filters"),
            numpy_helper.from_array(projection, "projection"),
        ],
    )
    opset = [helper.make_opsetid("", 17)]
    made = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(made)
    return made


def _node(kind: str, inputs: list[str], output: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, [output], **attributes)
