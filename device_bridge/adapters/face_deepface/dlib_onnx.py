"""dlib's face recognition ResNet as an ONNX graph: same numbers, ten times the speed.

dlib keeps its network in a format of its own (dlib/serialize.h, dlib/dnn): integers
as a length byte with a sign bit followed by little-endian bytes, tensors as four
dimensions and float32 values, each layer behind its name. The topology is that of
`anet_type` in dlib's dnn_face_recognition_ex.cpp. Needs numpy and onnx, not dlib.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data

Floats = NDArray[np.float32]

CHIP_SIDE_PX = 150
DIMENSION = 128
# dlib's input_rgb_image_sized subtracts these from R, G, B and divides by 256.
CHANNEL_MEANS = np.array([122.782, 117.001, 104.298], np.float32)
# From the input on: False is a plain residual block, True one that halves the picture.
BLOCK_HALVES = (False,) * 3 + (True,) + (False,) * 3 + (True, False, False) * 2 + (True,)

_APART_FROM_BYTES = 1024

# A name is stored as b"\x01", its length and its letters. The files are known by their
# checksum, so a chance match inside the weights would have shown itself long ago.
_LAYER = re.compile(rb"\x01[\x04-\x20](con_\d|affine_\d?|bn_con2|fc_\d)")


@dataclass(frozen=True)
class Convolution:
    """A convolution with the affine layer behind it folded in.

    Attributes:
        weights: (outputs, inputs, height, width).
        bias: (outputs,).
        stride, padding: vertical and horizontal, in cells.
    """

    weights: Floats
    bias: Floats
    stride: tuple[int, int]
    padding: tuple[int, int]


def convert(dat: bytes, data_name: str) -> tuple[bytes, bytes]:
    """Two files for the contents of dlib_face_recognition_resnet_model_v1.dat.

    The first is the ONNX graph: it takes `rgb`, (n, 150, 150, 3) uint8, and gives
    `embedding`, (n, 128) float32, not normalised. The second holds the weights and must
    lie beside it as `data_name`; apart, they are mapped into memory instead of copied
    twice, which saves 25 MB. The same input always gives the same bytes.

    Raises:
        ValueError: this is not that network.
    """
    convolutions, last = read_network(dat)
    graph = _Graph(data_name)
    model = _resnet(graph, iter(convolutions), last)
    return bytes(model.SerializeToString()), bytes(graph.data)


def read_network(dat: bytes) -> tuple[list[Convolution], Floats]:
    """Convolutions from input to output, and the (features, 128) matrix behind them."""
    convolutions: list[Convolution] = []
    last: Floats | None = None
    waiting: Convolution | None = None
    for match in _LAYER.finditer(dat):
        name, reader = match[1], _Reader(dat, match.end())
        if name.startswith(b"con_"):
            waiting = _read_convolution(reader)
        elif name.startswith(b"fc_"):
            outputs, inputs = reader.integer(), reader.integer()
            last = reader.tensor().reshape(inputs, outputs)
        elif waiting is not None:
            convolutions.append(_fold(waiting, reader.tensor()))
            waiting = None
    if last is None or len(convolutions) != 1 + 2 * len(BLOCK_HALVES):
        raise ValueError("these bytes do not hold dlib's face recognition network")
    return convolutions, last


def _read_convolution(reader: _Reader) -> Convolution:
    values = reader.tensor()
    outputs, height, width, *geometry = (reader.integer() for _ in range(7))
    stride_y, stride_x, padding_y, padding_x = geometry
    # The filters come first and a bias per output after them, unless dlib dropped it
    # because the affine layer has one too.
    inputs = values.size // (outputs * height * width)
    filters = outputs * inputs * height * width
    return Convolution(
        values[:filters].reshape(outputs, inputs, height, width),
        values[filters:] if values.size > filters else np.zeros(outputs, np.float32),
        (stride_y, stride_x),
        (padding_y, padding_x),
    )


def _fold(convolution: Convolution, affine: Floats) -> Convolution:
    gamma, beta = np.split(affine, 2)
    return Convolution(
        convolution.weights * gamma[:, None, None, None],
        convolution.bias * gamma + beta,
        convolution.stride,
        convolution.padding,
    )


class _Reader:
    """dlib's primitives, read one after the other."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position

    def integer(self) -> int:
        head = self._data[self._position]
        start, self._position = self._position + 1, self._position + 1 + (head & 0x0F)
        value = int.from_bytes(self._data[start : self._position], "little")
        return -value if head & 0x80 else value

    def tensor(self) -> Floats:
        if self.integer() != 2:
            raise ValueError("unknown version of dlib's tensor format")
        count = int(np.prod([self.integer() for _ in range(4)]))
        values = np.frombuffer(self._data, "<f4", count, self._position)
        self._position += 4 * count
        return values.astype(np.float32)


@dataclass
class _Graph:
    """Collects nodes and constants; names are numbered so that the file is reproducible."""

    data_name: str
    data: bytearray = field(default_factory=bytearray)
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, value: NDArray[Any]) -> str:
        name = f"constant{len(self.constants)}"
        tensor = numpy_helper.from_array(np.ascontiguousarray(value), name)
        # ONNX Runtime wants shapes and paddings, which are small, in the graph itself.
        if value.nbytes >= _APART_FROM_BYTES:
            offset, length = len(self.data), len(tensor.raw_data)
            self.data += tensor.raw_data
            set_external_data(tensor, self.data_name, offset, length)
            tensor.ClearField("raw_data")
        self.constants.append(tensor)
        return name

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{operator}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def convolve(self, source: str, convolution: Convolution) -> str:
        return self.add(
            "Conv",
            source,
            self.constant(convolution.weights),
            self.constant(convolution.bias),
            kernel_shape=list(convolution.weights.shape[2:]),
            strides=list(convolution.stride),
            pads=list(convolution.padding * 2),
        )

    def grow(self, source: str, channels: int, cells: int) -> str:
        """Zeros behind the last channel, row and column, as dlib's add_prev does."""
        if channels == cells == 0:
            return source
        pads = self.constant(np.array([0, 0, 0, 0, 0, channels, cells, cells], np.int64))
        return self.add("Pad", source, pads, mode="constant")


def _resnet(graph: _Graph, convolutions: Iterator[Convolution], last: Floats) -> onnx.ModelProto:
    cast = graph.add("Cast", "rgb", to=TensorProto.FLOAT)
    planes = graph.add("Transpose", cast, perm=[0, 3, 1, 2])
    centred = graph.add("Sub", planes, graph.constant(CHANNEL_MEANS.reshape(1, 3, 1, 1)))
    scaled = graph.add("Mul", centred, graph.constant(np.array(1 / 256, np.float32)))
    stem = graph.add("Relu", graph.convolve(scaled, next(convolutions)))
    x = graph.add("MaxPool", stem, kernel_shape=[3, 3], strides=[2, 2])
    side = _cells(_cells(CHIP_SIDE_PX, kernel=7), kernel=3)
    channels = 32
    for halves in BLOCK_HALVES:
        first, second = next(convolutions), next(convolutions)
        inner = graph.add("Relu", graph.convolve(x, first))
        main, shortcut = graph.convolve(inner, second), x
        if halves:
            shortcut = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            main_side, shortcut_side = _cells(side, kernel=3), _cells(side, kernel=2)
            side = max(main_side, shortcut_side)
            grown = len(second.bias)
            main = graph.grow(main, 0, side - main_side)
            shortcut = graph.grow(shortcut, grown - channels, side - shortcut_side)
            channels = grown
        x = graph.add("Relu", graph.add("Add", main, shortcut))
    features = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    graph.add("MatMul", features, graph.constant(last), output="embedding")
    shape_in: list[int | str | None] = ["n", CHIP_SIDE_PX, CHIP_SIDE_PX, 3]
    described = helper.make_graph(
        graph.nodes,
        "dlib_resnet",
        [helper.make_tensor_value_info("rgb", TensorProto.UINT8, shape_in)],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIMENSION])],
        graph.constants,
    )
    return helper.make_model(described, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def _cells(side: int, kernel: int) -> int:
    """Cells left of `side` by an unpadded window of `kernel` that moves two at a time."""
    return (side - kernel) // 2 + 1
