"""YuNet's ONNX file for pictures of any size, straight from a camera."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper


def convert(fixed: bytes) -> bytes:
    """The network with height and width left open, fed with the picture as it is.

    The published file is fixed at 640×640 and takes float planes; nothing in its layers
    needs either. The result takes `image`, (1, height, width, 3) uint8 BGR with sides
    that are multiples of 32. The same input always gives the same bytes.
    """
    model = onnx.load_from_string(fixed)
    graph = model.graph
    planes = graph.input[0].name
    del graph.input[:]
    sides: list[int | str | None] = [1, "height", "width", 3]
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, sides))
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"anchors_{output.name}"
    # Shapes noted for 640×640 would contradict every other size.
    del graph.value_info[:]
    layers = list(graph.node)
    del graph.node[:]
    graph.node.append(helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT))
    graph.node.append(helper.make_node("Transpose", ["pixels"], [planes], perm=[0, 3, 1, 2]))
    graph.node.extend(layers)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
