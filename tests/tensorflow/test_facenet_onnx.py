"""The conversion of a frozen graph: what ONNX Runtime answers is what TensorFlow answers."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

from device_bridge.adapters.face_deepface import facenet_onnx


@pytest.mark.parametrize("seed", range(3))
def test_a_converted_graph_gives_tensorflows_answer(seed: int) -> None:
    import tensorflow as tf

    random = np.random.default_rng(seed)

    def values(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype(np.float32)

    with tf.Graph().as_default() as graph:
        v1 = tf.compat.v1
        x = v1.placeholder(tf.float32, (None, 160, 160, 3), name="input")

        def convolve(
            x: object, inputs: int, outputs: int, side: int, stride: int, pad: str
        ) -> object:
            filters = tf.constant(values(side, side, inputs, outputs) / (side * inputs))
            moved = tf.nn.conv2d(x, filters, stride, pad)
            return tf.nn.bias_add(moved, tf.constant(values(outputs)))

        x = tf.nn.relu(convolve(x, 3, 8, 3, 2, "VALID"))
        x = tf.nn.max_pool(x, 3, 2, "VALID")
        sides = [convolve(x, 8, 4, side, 1, "SAME") for side in (1, 3)]
        up = tf.constant(np.float32(0.17)) * convolve(tf.concat(sides, 3), 8, 8, 1, 1, "SAME")
        x = tf.nn.relu(v1.add(x, up))
        x = tf.reshape(tf.nn.avg_pool(x, x.shape[1], 1, "VALID"), [-1, 8])
        x = tf.reshape(tf.matmul(x, tf.constant(values(8, 512))), [-1, 1, 1, 512])
        gamma = tf.constant(np.ones(512, np.float32))  # stored as a single number
        moments = (tf.constant(values(512)), tf.constant(np.abs(values(512)) + 0.5))
        x, *_ = v1.nn.fused_batch_norm(
            x, gamma, tf.constant(values(512)), *moments, is_training=False, epsilon=1e-3
        )
        last = tf.reshape(x, [-1, 512], name="before")
        tf.square(last)
        frozen = graph.as_graph_def().SerializeToString()
        chips = random.integers(0, 256, (3, 160, 160, 3), np.uint8)
        with v1.Session() as session:
            scaled = (chips.astype(np.float32) - 127.5) / 128
            theirs = session.run("before:0", {"input:0": scaled})
    converted = facenet_onnx.convert(_as_of_2018(frozen))
    [ours] = ort.InferenceSession(converted).run(None, {"rgb": chips})
    assert ours == pytest.approx(theirs, abs=2e-4)


def _as_of_2018(frozen: bytes) -> bytes:
    """The graph with the names that FaceNet's older TensorFlow gave to the same layers."""
    from tensorflow.core.framework.graph_pb2 import GraphDef

    names = {"FusedBatchNormV3": "FusedBatchNorm", "AddV2": "Add"}
    graph = GraphDef.FromString(frozen)
    for node in graph.node:
        node.op = names.get(node.op, node.op)
    return graph.SerializeToString()
