"""Files and folders appear whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tools import stamps


def test_a_stamp_holds_for_the_same_inputs_only(tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_text("one")
    stamps.mark(tmp_path / "stamp", stamps.digest(file, "text"))
    assert stamps.is_done(tmp_path / "stamp", stamps.digest(file, "text"))
    file.write_text("two")
    assert not stamps.is_done(tmp_path / "stamp", stamps.digest(file, "text"))


def test_inputs_cannot_run_into_each_other() -> None:
    assert stamps.digest("ab", "c") != stamps.digest("a", "bc")


def test_a_new_folder_appears_at_the_end(tmp_path: Path) -> None:
    with stamps.new_folder(tmp_path / "it") as new:
        (new / "file").touch()
        assert not (tmp_path / "it").exists()
    assert [each.name for each in (tmp_path / "it").iterdir()] == ["file"]


def test_a_failed_folder_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "it").mkdir()
    with suppress(ValueError), stamps.new_folder(tmp_path / "it") as new:
        (new / "file").touch()
        raise ValueError
    assert [each.name for each in tmp_path.iterdir()] == ["it"]
    assert list((tmp_path / "it").iterdir()) == []


def test_what_a_killed_run_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".it.1.new").mkdir()
    (tmp_path / ".it.1.new" / "half").touch()
    with stamps.new_folder(tmp_path / "it") as new:
        assert list(new.iterdir()) == []
    assert [each.name for each in tmp_path.iterdir()] == ["it"]


def test_a_secret_file_is_never_readable_by_others(tmp_path: Path) -> None:
    stamps.write(tmp_path / "secret", "x", mode=0o600)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]
