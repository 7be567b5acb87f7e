"""What the pipeline asks of the world. Each port has a fake that passes the same contract tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from device_bridge.domain.capture import Face, Frame, ImageU8
from device_bridge.domain.event import Sighting
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.landmarks import Points68
from device_bridge.domain.lease import Lease
from device_bridge.domain.liveness import PadLook
from device_bridge.domain.notice import Notice
from device_bridge.domain.punch_clock import Mark, Punch, TerminalUser
from device_bridge.domain.resemblance import Similar
from device_bridge.domain.template import Candidate, Person, Vectors


class Camera(Protocol):
    """Gives pictures of one gate, newest first."""

    def frames(self) -> Iterator[Frame]:
        """Frames as they come; ends when a recording ends.

        A slow reader misses frames, it never gets old ones.

        Raises:
            CameraUnreadable: there is no camera there, or it gives no pictures.
            CameraLost: it stopped; calling `frames` again tries anew.
        """

    def close(self) -> None: ...


class FaceDetector(Protocol):
    """Finds faces."""

    def detect(self, image_bgr: ImageU8) -> tuple[Face, ...]:
        """Faces of a (height, width, 3) uint8 picture, largest first."""


class FaceEmbedder(Protocol):
    """Turns aligned faces into templates."""

    model: str
    dimension: int

    def align(self, image_bgr: ImageU8, face: Face) -> ImageU8:
        """The chip the network was trained on: (side, side, 3) uint8 RGB."""

    def embed(self, chips_rgb: Sequence[ImageU8]) -> Vectors:
        """(n, dimension) float32, each row of length one; (0, dimension) for no chips."""


class AttackDetector(Protocol):
    """Passive presentation attack detection."""

    def look(self, image_bgr: ImageU8, face: Face) -> PadLook:
        """An opinion of one face in one frame. Raises FaceNotUsable if it can have none."""


class Landmarker(Protocol):
    """Finds 68 landmarks."""

    def landmarks(self, image_bgr: ImageU8, face: Face) -> Points68:
        """(68, 2) in pixels of the face made upright. Raises FaceNotUsable."""


class Gallery(Protocol):
    """Everyone enrolled, searched exactly."""

    model: str
    dimension: int

    def __len__(self) -> int:
        """Number of people."""

    def update(
        self,
        people: Sequence[Person],
        gone: Sequence[int],
        *,
        model: str,
        reset: bool = False,
    ) -> None:
        """Replace what is known of `people`, forget `gone` (and everyone else on `reset`).

        Args:
            model: what made their vectors.

        Raises:
            ModelMismatch: they are of another model or dimension, or not of length one;
                the gallery stays as it was.
        """

    def search(self, probes: Vectors, *, model: str) -> list[Candidate | None]:
        """The best candidate for each row of `probes`; None while the gallery is empty.

        Args:
            model: what made the probes.

        Raises:
            ModelMismatch: they are of another model or dimension, or not of length one.
        """


class People(Protocol):
    """Everyone enrolled, one by one."""

    def person(self, employee: int) -> Person | None:
        """One person with their templates; None if they are not (or no longer) enrolled."""

    def similar(self, vector: Vectors, at_least: float, limit: int) -> tuple[Similar, ...]:
        """Everybody with a template at least this similar, closest first, `limit` at most."""


class Outbox(Protocol):
    """Events that are committed here survive whatever happens to the process."""

    def commit(self, sighting: Sighting, uuid: str | None = None) -> dict[str, Any]:
        """Chain, sign and store; when this returns the event is durable.

        Args:
            uuid: of the event, where somebody may ask twice; an event that is here already
                under it is returned as it is. None: a new one.

        Raises:
            StorageFull: nothing was stored.
        """

    def find(self, uuid: str) -> dict[str, Any] | None:
        """The event with this UUID, delivered or not, while it is kept here."""

    def pending(self, limit: int) -> list[dict[str, Any]]:
        """The events committed last of those that wait for the server's answer, in the order
        of their commit: who is in now is known first, and all arrive in the end."""

    def waiting(self) -> int:
        """How many events wait for the server's answer."""

    def acknowledge(self, uuids: Sequence[str]) -> None: ...

    def park(self, uuid: str, reason: str) -> None:
        """Set aside an event the server rejected; it is kept and shown."""

    def retry(self, uuids: Sequence[str] | None = None) -> int:
        """Parked events (all, or these) wait again. Returns how many."""


class Server(Protocol):
    """Odoo's device API (wire/). Every call may raise ServerUnreachable or Refused."""

    def config(self, etag: str | None) -> dict[str, Any] | None:
        """The settings of this device's gates; None if they are still those of `etag`."""

    def gallery(self, cursor: str | None) -> dict[str, Any]: ...

    def events(self, events: Sequence[dict[str, Any]], backlog: int = 0) -> list[dict[str, Any]]:
        """A result for each event, in the same order.

        Args:
            backlog: how many events wait beside these; while any do, the server stores
                events and derives attendance later, so their results have no direction.
        """

    def enrolments(self, enrolments: Sequence[dict[str, Any]]) -> list[dict[str, Any]]: ...

    def erasures(self, uuids: Sequence[str]) -> list[dict[str, Any]]:
        """Acknowledge erasures; a result for each, in the same order."""

    def terminals(self, terminals: Sequence[dict[str, Any]]) -> None:
        """Tell how the terminals are, and who on them is not known (wire/terminals.v1)."""

    def heartbeat(self, beat: dict[str, Any]) -> dict[str, Any]: ...

    def rotation(self, body: dict[str, Any]) -> dict[str, Any]:
        """A new token, and keys, that this device has made; may be repeated."""

    def unlock(self) -> bytes:
        """The server's half of the key to what lies on this machine's disk: 32 bytes."""


class Larder(Protocol):
    """Settings and gallery as last synced, kept for a start without the server.

    What cannot be opened any more is gone: the server has it all.
    """

    def note(self, name: str) -> Any:
        """The JSON value noted under a name, or None."""

    def put(self, **notes: Any) -> None: ...

    def people(self) -> list[dict[str, Any]]:
        """Everybody kept, as in wire/gallery_page.v1."""

    def adopt(
        self,
        people: Sequence[dict[str, Any]],
        gone: Sequence[int],
        cursor: str,
        *,
        reset: bool = False,
    ) -> None:
        """A page of the gallery and where it ends, noted as `cursor`; together or not at all."""

    def lease(self) -> Lease | None: ...

    def keep_lease(self, lease: Lease) -> None: ...

    def clear(self) -> None:
        """Nothing is kept any more, and nothing of it stays on the disk."""


class Feedback(Protocol):
    """What people at the gate and at the console are told; must return at once."""

    def concluded(self, notice: Notice) -> None: ...

    def guide(self, gate: Gate, guidance: Guidance | None) -> None:
        """What to tell whoever stands at the gate now; None when there is nothing to say.
        Told when it changes."""

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        """The server's word on an event (wire/events_result.v1)."""

    def unreachable(self, reason: str) -> None:
        """The server cannot be reached; said once until it can be again."""

    def reachable(self) -> None: ...


class Switch(Protocol):
    """A relay, a lamp or a buzzer: something that draws current or does not."""

    def set(self, *, on: bool) -> None:
        """Raises OutputFailed; a slow one keeps only its own thread waiting."""

    def close(self) -> None:
        """Off, and let go. Harmless when repeated; raises nothing."""


class DoorContact(Protocol):
    """Says whether a door is open."""

    def is_open(self) -> bool:
        """Raises OutputFailed."""

    def close(self) -> None: ...


class BadgeReader(Protocol):
    """Reads the numbers of badges."""

    def numbers(self, stop: threading.Event) -> Iterator[str]:
        """Each number as it is shown, until `stop` is set. Raises OutputFailed if it is gone."""


class Voice(Protocol):
    """Says sentences aloud."""

    def say(self, text: str, language: str) -> None:
        """Returns when it has been said.

        Args:
            language: two letters, as in domain/words.py.

        Raises:
            OutputFailed: it cannot speak, or did not come to an end.
        """

    def close(self) -> None:
        """End what is being said."""


class PunchClock(Protocol):
    """An existing terminal. Every call may raise TerminalUnreachable."""

    def serial(self) -> str:
        """Its maker's number; empty if it does not say."""

    def now(self) -> datetime:
        """Naive wall time of the terminal, to the second."""

    def users(self) -> list[TerminalUser]: ...

    def log(self) -> Iterator[Punch]:
        """Every line, the oldest first, as it arrives; nothing is kept in memory."""

    def close(self) -> None: ...


class Marks(Protocol):
    """How far each terminal's log has been read; survives the process."""

    def load(self, terminal: int) -> Mark: ...

    def save(self, terminal: int, mark: Mark) -> None:
        """Raises StorageFull."""


class ServiceManager(Protocol):
    """Whoever started this program, and restarts it when it no longer works."""

    @property
    def watchdog_s(self) -> float | None:
        """After so long without `alive` it restarts this program; None: it does not watch."""

    def ready(self) -> None:
        """Everything that can be wrong with the settings would have been said by now."""

    def alive(self) -> None: ...

    def status(self, text: str) -> None:
        """A line for people."""

    def stopping(self) -> None: ...


class Clock(Protocol):
    """The machine's clocks."""

    def now(self) -> datetime:
        """Aware UTC."""

    def monotonic_s(self) -> float: ...
