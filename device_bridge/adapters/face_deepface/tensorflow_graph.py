"""TensorFlow's frozen graphs, read without TensorFlow.

As much of its GraphDef as a network made of plain layers needs, straight from the wire
format of Protocol Buffers (graph.proto, node_def.proto, attr_value.proto, tensor.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FIXED64, _FIXED32 = 1, 5
_DTYPES = {1: "<f4", 3: "<i4"}


@dataclass
class Node:
    """One operation.

    Attributes:
        inputs: names of the nodes before it; control inputs are left out.
        attributes: bytes, numbers, lists of numbers, or the array of a constant.
    """

    name: str = ""
    op: str = ""
    inputs: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


def read_graph(graph: bytes) -> list[Node]:
    """The nodes in the order of the file.

    Raises:
        ValueError: this is no such graph.
    """
    try:
        return [_node(value) for number, value in _fields(graph) if number == 1]
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise ValueError("these bytes are no TensorFlow graph") from error


def ordered(nodes: Iterable[Node], last: str) -> list[Node]:
    """The nodes that `last` needs and itself, each behind those before it.

    Raises:
        ValueError: one of them is missing, or they go in a circle.
    """
    known, needed, waiting = {node.name: node for node in nodes}, {}, [last]
    try:
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed[name] = known[name].inputs
                waiting += known[name].inputs
        # CycleError is a ValueError.
        return [known[name] for name in TopologicalSorter(needed).static_order()]
    except KeyError as error:
        raise ValueError(f"the graph has no node {error}") from error


def _node(data: bytes) -> Node:
    node = Node()
    for number, value in _fields(data):
        match number:
            case 1:
                node.name = value.decode()
            case 2:
                node.op = value.decode()
            case 3 if not value.startswith(b"^"):
                node.inputs.append(value.decode().partition(":")[0])
            case 5:
                entry = dict(_fields(value))
                node.attributes[entry[1].decode()] = _attribute(entry.get(2, b""))
    return node


def _attribute(data: bytes) -> Any:
    for number, value in _fields(data):
        match number:
            case 1:
                return [one for _, packed in _fields(value) for one in _integers(packed)]
            case 4:
                return struct.unpack("<f", value)[0]
            case 8:
                return _tensor(value)
            case _:
                return value
    return None


def _tensor(data: bytes) -> NDArray[Any]:
    found = dict(_fields(data))
    dtype = np.dtype(_DTYPES[found[1]])
    shape = [dict(_fields(size)).get(1, 0) for number, size in _fields(found.get(2, b""))]
    if 4 in found:
        values = np.frombuffer(found[4], dtype)
    elif 5 in found:
        values = np.frombuffer(found[5], dtype)
    else:
        values = np.array(list(_integers(found.get(7, b""))), dtype)
    # One value stands for all where they are the same.
    return np.full(shape, values[0]) if values.size == 1 else values.reshape(shape)


def _integers(value: int | bytes) -> Iterator[int]:
    """One number, or several packed into bytes."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        yield number


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field; nested messages stay bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                value, at = _varint(data, at)
                yield key >> 3, value
                continue
            case 2:
                length, at = _varint(data, at)
            case kind:
                length = {_FIXED64: 8, _FIXED32: 4}[kind]
        if at + length > len(data):
            raise IndexError("a field reaches beyond the end")
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
