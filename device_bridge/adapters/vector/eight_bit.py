"""A large gallery scanned in 8 bits, and answered exactly.

A scan of whole numbers reads a quarter of the bytes. What it leaves open is settled in
float32: the error of a scanned similarity has a bound, and every template that could still
be the best, or the second person's best, is compared again. The answer is that of
`MatrixGallery` for every probe, not for most of them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from device_bridge.domain.block import Best, Block, best_of, joined
from device_bridge.domain.gallery import MatrixGallery, Snapshot
from device_bridge.domain.template import Person, Vectors

FROM_TEMPLATES = 1_000_000
"""From so many templates on the scan is in 8 bits; below, float32 is quick enough."""

# One node, MatMulInteger(probe uint8, codes int8), as ONNX; a test writes it anew.
SCAN_ONNX = base64.b64decode(
    "CAgSADqJAQonCgVwcm9iZQoFY29kZXMSCHByb2R1Y3RzIg1NYXRNdWxJbnRlZ2VyEgRzY2FuWhkKBXByb2JlEhAK"
    "DggCEgoKAxIBbgoDEgFkWhwKBWNvZGVzEhMKEQgDEg0KAxIBZAoGEgRyb3dzYh8KCHByb2R1Y3RzEhMKEQgGEg0K"
    "AxIBbgoGEgRyb3dzQgQKABAN"
)

# Products of two neighbours are added in 16 bits on processors without VNNI: probes keep to
# 7 bits, so that 2 · 63 · 127 stays below 32,767.
_PROBE_LIMIT, _CODE_LIMIT = 63, 127
_PROBE_ZERO = _PROBE_LIMIT + 1
_FLOAT32_SLACK = 1e-5

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Coded:
    """A block's templates in 8 bits.

    Attributes:
        codes: (dimension, rows) int8; times `scale` nearly the block's matrix.
        offsets: (rows,) int32, what a probe of nothing but its zero gives.
        error: no row is further than this from what its codes say, as a distance.
    """

    block: Block
    codes: Codes
    offsets: NDArray[np.int32]
    scale: float
    error: float


class EightBitGallery(MatrixGallery):
    """A MatrixGallery that scans in 8 bits when it has grown large.

    Memory: the float32 templates, which settle the answer, and a quarter of that for codes.
    """

    def __init__(
        self, model: str, dimension: int, *, from_templates: int = FROM_TEMPLATES, **blocks: int
    ) -> None:
        super().__init__(model, dimension, **blocks)
        self._from_templates = from_templates
        self._coded: dict[int, Coded] = {}
        self._session = _open_session()

    def update(self, people: Sequence[Person], gone: Sequence[int], *, reset: bool = False) -> None:
        """As MatrixGallery. A block without codes yet is searched in float32 meanwhile."""
        super().update(people, gone, reset=reset)
        snapshot = self._snapshot
        if snapshot.templates < self._from_templates:
            self._coded = {}
            return
        known = self._coded
        self._coded = {
            id(block): known[id(block)] if id(block) in known else encode(block)
            for block in snapshot.blocks
        }

    def _best(self, snapshot: Snapshot, probes: Vectors) -> list[Best]:
        coded = self._coded
        if not coded:
            return super()._best(snapshot, probes)
        every = [
            self._best_of_one(snapshot, [coded.get(id(block)) for block in snapshot.blocks], probe)
            for probe in probes
        ]
        return [joined(of_block) for of_block in zip(*every, strict=True)]

    def _best_of_one(
        self, snapshot: Snapshot, coded: Sequence[Coded | None], probe: Vectors
    ) -> list[Best]:
        rough = _Probe.of(probe)
        scans = [
            (np.vecdot(block.matrix, probe), _FLOAT32_SLACK)
            if one is None
            else (self._scan(one, rough), one.error + rough.error + _FLOAT32_SLACK)
            for block, one in zip(snapshot.blocks, coded, strict=True)
        ]
        cut = _least_that_counts(snapshot.blocks, scans)
        return [
            _settled(block, scan, cut - error, probe)
            for block, (scan, error) in zip(snapshot.blocks, scans, strict=True)
        ]

    def _scan(self, coded: Coded, probe: _Probe) -> NDArray[np.float32]:
        """(rows,) similarities as far as 8 bits tell them."""
        [products] = self._session.run(["products"], {"probe": probe.codes, "codes": coded.codes})
        similarities: NDArray[np.float32] = (products[0] - coded.offsets).astype(np.float32)
        similarities *= np.float32(probe.scale * coded.scale)
        return similarities


@dataclass(frozen=True, slots=True)
class _Probe:
    """A probe in 7 bits; fields as in `Coded`."""

    codes: NDArray[np.uint8]
    scale: float
    error: float

    @classmethod
    def of(cls, probe: Vectors) -> _Probe:
        scale = max(float(np.abs(probe).max()) / _PROBE_LIMIT, 1e-12)
        codes = np.rint(probe / scale)
        # A template is at most 1.01 long, so that this error counts nearly once.
        error = 1.01 * float(np.linalg.norm(probe - codes * scale))
        return cls((codes + _PROBE_ZERO).astype(np.uint8)[None], scale, error)


def encode(block: Block) -> Coded:
    """The block's templates in 8 bits, with the bound of what that loses."""
    scale = max(float(np.abs(block.matrix).max(initial=0)) / _CODE_LIMIT, 1e-12)
    codes = np.rint(block.matrix / np.float32(scale)).astype(np.int8)
    lost = block.matrix - codes * np.float32(scale)
    squares = np.vecdot(lost, lost)
    error = float(np.sqrt(squares.max(initial=0)))
    offsets = codes.sum(axis=1, dtype=np.int32) * np.int32(_PROBE_ZERO)
    return Coded(block, np.ascontiguousarray(codes.T), offsets, scale, 1.01 * error)


def _least_that_counts(
    blocks: Sequence[Block], scans: Sequence[tuple[NDArray[np.float32], float]]
) -> float:
    """A bound that the best person's and the second person's similarity both reach for sure.

    Of the two people who scan highest, each has at least a similarity of the scan less its
    error; so the true first and second reach the lower of both.
    """
    firsts = [
        best_of(block, scan[None].copy()) for block, (scan, _) in zip(blocks, scans, strict=True)
    ]
    sure = np.array(
        [float(best.similarity[0]) - error for best, (_, error) in zip(firsts, scans, strict=True)]
    )
    second = [float(best.second[0]) - error for best, (_, error) in zip(firsts, scans, strict=True)]
    top = int(sure.argmax())
    others = [*np.delete(sure, top).tolist(), second[top]]
    return float(max(others))


def _settled(block: Block, scan: NDArray[np.float32], least: float, probe: Vectors) -> Best:
    """The block's best in float32, among the rows that scan at least so high."""
    rows = np.flatnonzero(scan >= least)
    exact = np.full((1, len(scan)), -np.inf, np.float32)
    exact[0, rows] = np.vecdot(block.matrix[rows], probe)
    return best_of(block, exact)


def _open_session() -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    return ort.InferenceSession(SCAN_ONNX, options, providers=["CPUExecutionProvider"])
