"""Photos leave an archive only if archive and photo are the ones on the list."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tools import faces, paths, say, stamps


@pytest.fixture
def source(cache: Path, monkeypatch: pytest.MonkeyPatch) -> faces.Source:
    """A package with one photo, and a list that names it."""
    paths.FACES.mkdir()
    listing = cache / "faces.sha256"
    listing.write_text(f"{sha256(b'face').hexdigest()}  people/one.jpg\n")
    monkeypatch.setattr(faces, "CHECKSUMS", listing)
    return faces.Source("people", "x==1", "x.tar.gz", "", "x/photos")


def _archive(cache: Path, files: dict[str, bytes]) -> Path:
    file = cache / "x.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file


def _extract(source: faces.Source, archive: Path) -> None:
    faces._extract(archive, replace(source, sha256=stamps.sha256(archive)))


def test_only_listed_photos_are_taken_out(source: faces.Source, cache: Path) -> None:
    files = {
        "x/photos/one.jpg": b"face",
        "x/photos/two.jpg": b"other",
        "../../escaped.jpg": b"bad",
        "/tmp/escaped-absolutely.jpg": b"bad",
    }
    _extract(source, _archive(cache, files))
    found = [each for each in paths.FACES.rglob("*") if each.is_file()]
    assert found == [paths.FACES / "people" / "one.jpg"]
    assert found[0].read_bytes() == b"face"


def test_a_changed_archive_is_refused(source: faces.Source, cache: Path) -> None:
    archive = _archive(cache, {"x/photos/one.jpg": b"face"})
    with pytest.raises(say.Problem, match=r"not the file that tools/faces\.py names"):
        faces._extract(archive, replace(source, sha256="0" * 64))


def test_a_changed_photo_is_refused_and_nothing_kept(source: faces.Source, cache: Path) -> None:
    with pytest.raises(say.Problem, match=r"differs from tools/faces\.sha256"):
        _extract(source, _archive(cache, {"x/photos/one.jpg": b"another face"}))
    assert list(paths.FACES.iterdir()) == []


def test_every_listed_photo_belongs_to_a_known_package() -> None:
    names = {name.partition("/")[0] for name in faces.photos()}
    assert names == {faces.PYPI.name, faces.NPM.name}


def test_set_up_has_brought_every_photo() -> None:
    assert faces.is_ready()
    assert {stamps.sha256(photo) for photo in faces.photos().values()} == {
        line.split()[0] for line in faces.CHECKSUMS.read_text().splitlines()
    }
