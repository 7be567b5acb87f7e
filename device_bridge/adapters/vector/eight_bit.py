"""A large gallery scanned in 8 bits, and answered exactly.

A scan of whole numbers reads a quarter of the bytes. What it leaves open is settled in
float32: the error of a scanned similarity has a bound, and every template that could still
be the best, or the second person's best, is compared again. The answer is that of
`MatrixGallery` for every probe, not for most of them.

Templates resemble each other (two people's by 0.8 and more), so that eight bits of whole
templates would leave most people open. What everybody shares, the part along the mean
template, is kept in float32; what is coded is the rest.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from device_bridge.domain.block import Block
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.snapshot import Scores, Snapshot
from device_bridge.domain.template import Person, Vectors

FROM_TEMPLATES = 100_000
"""From so many templates on the scan is in 8 bits; below, it is no quicker
(docs/benchmarks.md, "Search")."""

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
        shared: (dimension,) float32 of length one (or none), where the mean template points.
        along: (rows,) float32, each template's part along it.
        codes: (dimension, rows) int8; times `scale` nearly what is left of each template.
        offsets: (rows,) int32, what a probe of nothing but its zero gives.
        error: no row is further than this from what its codes say, as a distance.
        reach: no row's codes are longer than this, times `scale`.
    """

    block: Block
    shared: Vectors
    along: Scores
    codes: Codes
    offsets: NDArray[np.int32]
    scale: float
    error: float
    reach: float


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

    def update(
        self,
        people: Sequence[Person],
        gone: Sequence[int],
        *,
        model: str | None = None,
        reset: bool = False,
    ) -> None:
        """As MatrixGallery. A block without codes yet is searched in float32 meanwhile."""
        super().update(people, gone, model=model, reset=reset)
        snapshot = self._snapshot
        if snapshot.templates < self._from_templates:
            self._coded = {}
            return
        known = self._coded
        self._coded = {
            id(block): known[id(block)] if id(block) in known else encode(block)
            for block in snapshot.blocks
        }

    def _scores(self, snapshot: Snapshot, probes: Vectors) -> Iterator[Scores]:
        coded = self._coded
        if not coded:
            yield from super()._scores(snapshot, probes)
            return
        codes = [coded.get(id(block)) for block in snapshot.blocks]
        scores = self._room.of(snapshot.templates)
        for probe in probes:
            error = self._scan_all(snapshot, codes, probe, scores)
            _settle(snapshot, scores, error, probe)
            yield scores

    def _scan_all(
        self, snapshot: Snapshot, codes: Sequence[Coded | None], probe: Vectors, scores: Scores
    ) -> float:
        """Fill `scores`; returns how far from the truth one of them may be."""
        worst = 0.0
        for block, coded, start in zip(snapshot.blocks, codes, snapshot.starts, strict=False):
            part = scores[start : start + len(block.matrix)]
            if coded is None:
                np.vecdot(block.matrix, probe, out=part)
            else:
                worst = max(worst, self._scan(coded, probe, part))
        return worst + _FLOAT32_SLACK

    def _scan(self, coded: Coded, probe: Vectors, scores: Scores) -> float:
        """Fill (rows,) `scores` as far as 8 bits tell; returns the bound of their error."""
        along = np.dot(coded.shared, probe)
        rest = probe - along * coded.shared
        scale = max(float(np.abs(rest).max()) / _PROBE_LIMIT, 1e-12)
        codes = np.rint(rest / np.float32(scale))
        rough = (codes + _PROBE_ZERO).astype(np.uint8)[None]
        [products] = self._session.run(["products"], {"probe": rough, "codes": coded.codes})
        np.subtract(products[0], coded.offsets, out=scores, casting="unsafe")
        scores *= np.float32(scale * coded.scale)
        scores += along * coded.along
        lost = float(np.linalg.norm(rest - codes * np.float32(scale)))
        return float(np.linalg.norm(rest)) * coded.error + lost * coded.reach


def encode(block: Block) -> Coded:
    """The block's templates in 8 bits, with the bound of what that loses."""
    rows = block.matrix
    mean = rows.sum(axis=0)
    shared = mean / max(float(np.linalg.norm(mean)), 1e-12)
    along = rows @ shared
    apart = rows - along[:, None] * shared
    scale = max(float(np.abs(apart).max(initial=0)) / _CODE_LIMIT, 1e-12)
    codes = np.rint(apart / np.float32(scale)).astype(np.int8)
    told = codes * np.float32(scale)
    offsets = codes.sum(axis=1, dtype=np.int32) * np.int32(_PROBE_ZERO)
    return Coded(
        block,
        shared,
        along,
        np.ascontiguousarray(codes.T),
        offsets,
        scale,
        error=_longest(apart - told),
        reach=_longest(told),
    )


def _longest(rows: Vectors) -> float:
    return float(np.sqrt(np.vecdot(rows, rows).max(initial=0)))


def _settle(snapshot: Snapshot, scores: Scores, error: float, probe: Vectors) -> None:
    """Compare in float32 who could still be first or second; minus infinity for the others.

    Of the two people who scan highest, each has at least a similarity of the scan less its
    error; whoever scans lower than that by more than the error is behind both.
    """
    _, _, second = snapshot.first_and_second(scores)
    rows = np.flatnonzero(scores >= second - 2 * error)
    blocks = np.searchsorted(snapshot.starts, rows, side="right") - 1
    scores.fill(-np.inf)
    for number in np.unique(blocks).tolist():
        mine = rows[blocks == number]
        templates = snapshot.blocks[number].matrix[mine - snapshot.starts[number]]
        scores[mine] = np.vecdot(templates, probe)


def _open_session() -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    return ort.InferenceSession(SCAN_ONNX, options, providers=["CPUExecutionProvider"])
