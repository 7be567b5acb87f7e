"""The reader of frozen graphs meets other bytes; that it reads graphs is shown with TensorFlow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.adapters.face_deepface import facenet_onnx
from device_bridge.adapters.face_deepface.tensorflow_graph import Node, ordered, read_graph

# node { name: "x" op: "Square" input: "y" input: "^z" attr { key: "n" value { i: 5 } } }
GRAPH = b"\x0a\x1b\x0a\x01x\x12\x06Square\x1a\x01y\x1a\x02^z\x2a\x07\x0a\x01n\x12\x02\x18\x05"


def test_a_node_is_read() -> None:
    [node] = read_graph(GRAPH)
    assert (node.name, node.op, node.inputs) == ("x", "Square", ["y"])
    assert node.attributes == {"n": 5}


@given(st.binary(max_size=200) | st.binary(max_size=30).map(lambda tail: GRAPH + tail))
def test_other_bytes_are_no_network(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no TensorFlow graph|do not hold|no node"):
        facenet_onnx.convert(data)


@pytest.mark.parametrize(
    ("links", "says"),
    [({"a": ["b"], "b": ["a"]}, "cycle"), ({"a": ["missing"]}, "no node 'missing'")],
)
def test_graphs_that_lead_nowhere_are_refused(links: dict[str, list[str]], says: str) -> None:
    nodes = [Node(name, "Relu", inputs) for name, inputs in links.items()]
    with pytest.raises(ValueError, match=says):
        ordered(nodes, "a")


def test_nodes_come_behind_those_they_need() -> None:
    nodes = [Node("c", "Add", ["a", "b"]), Node("b", "Relu", ["a"]), Node("a", "Placeholder")]
    assert [node.name for node in ordered(nodes, "c")] == ["a", "b", "c"]
