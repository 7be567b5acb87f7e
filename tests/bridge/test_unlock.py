"""The half of the storage key that does not lie on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from device_bridge.adapters.unlock import NoHalf, ServerHalf, seal_of
from device_bridge.errors import SealBroken, ServerUnreachable

OWN, OTHER = b"o" * 32, b"t" * 32


def once() -> Callable[[], bytes]:
    """A server that answers once and is away afterwards."""
    answers = [OTHER]

    def ask() -> bytes:
        if not answers:
            raise ServerUnreachable("away")
        return answers.pop()

    return ask


def test_either_half_alone_opens_nothing() -> None:
    sealed = seal_of(OWN, OTHER).close(b"plain", "about")
    assert seal_of(OWN, OTHER).open(sealed, "about") == b"plain"
    for own, other in ((OWN, bytes(32)), (bytes(32), OTHER), (OTHER, OWN)):
        with pytest.raises(SealBroken):
            seal_of(own, other).open(sealed, "about")
    with pytest.raises(SealBroken):
        seal_of(OWN, OTHER).open(sealed, "something else")


def test_the_server_is_asked_at_every_start(tmp_path: Path) -> None:
    ask = once()
    assert ServerHalf(ask, "").get() == OTHER
    with pytest.raises(ServerUnreachable):
        ServerHalf(ask, "").get()


def test_with_a_folder_in_memory_it_is_asked_once_per_boot(tmp_path: Path) -> None:
    ask = once()
    assert ServerHalf(ask, str(tmp_path)).get() == OTHER
    assert ServerHalf(ask, str(tmp_path)).get() == OTHER
    [kept] = tmp_path.iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    ServerHalf(ask, str(tmp_path)).forget()
    with pytest.raises(ServerUnreachable):
        ServerHalf(ask, str(tmp_path)).get()


def test_a_half_that_was_cut_off_is_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "storage-half").write_bytes(b"short")
    assert ServerHalf(once(), str(tmp_path)).get() == OTHER


@pytest.mark.parametrize("is_file", [False, True], ids=["taken away by systemd", "no folder"])
def test_a_memory_that_keeps_nothing_stops_nobody_and_is_said(
    is_file: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = tmp_path / "memory"
    if is_file:
        memory.touch()
    assert ServerHalf(once(), str(memory)).get() == OTHER
    [said] = caplog.records
    assert (said.message, said.memory) == ("half_not_kept", str(memory))  # type: ignore[attr-defined]


def test_local_has_no_other_half() -> None:
    assert NoHalf().get() == bytes(32)
