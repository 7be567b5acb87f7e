"""ONNX Runtime sessions, all built the same way."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort

from device_bridge.adapters import memory
from device_bridge.errors import WeightsMissing


def open_session(path: Path, *, threads: int = 1) -> ort.InferenceSession:
    """A session that several Python threads may run at once.

    Args:
        threads: threads inside one operator. One is the default because a bridge
            has more faces than cores: two Python threads with a session each to
            run gain more than two cores on one face.

    Raises:
        WeightsMissing: the file is absent or no network.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Idle workers would otherwise burn the core that the camera and the outbox need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Both keep room for the largest input ever seen; without them runs are no slower.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    try:
        with memory.loading():
            return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises a dozen types without a common base
        raise WeightsMissing(f"{path} cannot be loaded: {error}") from error
