"""The badge readers that are set, opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device_bridge.adapters.badge.keyboard import KeyboardBadgeReader
from device_bridge.domain.badge import badge_mark
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.errors import SettingsError
from device_bridge.pipeline.badges import BadgeReads
from device_bridge.pipeline.second_factor import SecondFactor
from device_bridge.pipeline.sync import Sync
from device_bridge.ports import Gallery
from device_bridge.settings import OutputSettings
from device_bridge.supervisor import Supervisor


@dataclass(frozen=True)
class Reader:
    """One gate's badge reader, and what it settles there."""

    reads: BadgeReads
    factor: SecondFactor


def open_readers(
    settings: Sequence[OutputSettings], gallery: Gallery, sync: Sync, chain: str
) -> dict[int, Reader]:
    """By gate. Raises SettingsError for one that cannot be read."""
    opened: dict[int, Reader] = {}
    for one in settings:
        if not one.badge_reader:
            continue
        if not isinstance(gallery, MatrixGallery):
            raise SettingsError("A badge reader needs the gallery in memory: gallery.engine.")
        reads = BadgeReads(
            KeyboardBadgeReader(Path(one.badge_reader)),
            lambda number: sync.badges.employee(badge_mark(chain, number)),
        )
        opened[one.gate] = Reader(reads, SecondFactor(reads.take, gallery.person))
    return opened


def start(readers: dict[int, Reader], supervisor: Supervisor) -> None:
    for gate, one in readers.items():
        supervisor.start(f"badges of gate {gate}", one.reads.run)


def stop(readers: dict[int, Reader]) -> None:
    for one in readers.values():
        one.reads.stop()
