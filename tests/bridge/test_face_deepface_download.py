"""Downloads from a server that misbehaves: whole and checked, or a sentence; never half a file."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from device_bridge.adapters.face_deepface import download, weight_files, weights
from device_bridge.adapters.face_deepface.fetch import Silent, fetch
from device_bridge.adapters.face_deepface.weight_files import WeightFile
from device_bridge.errors import WeightsMissing

NAME = "some_weights.onnx"
CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server does.

    Attributes:
        stop_after: bytes after which it hangs up, once.
        ranges: whether it goes on where it is asked to.
        asked: the Range headers it got.
    """

    content: bytes = CONTENT
    status: int = 200
    stop_after: int | None = None
    ranges: bool = True
    says_length: bool = True
    moved_to: str = ""
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            site.asked.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and site.ranges else 0
            if start > len(site.content):
                self.send_error(416)
                return
            body = site.content[start:]
            self.send_response(302 if site.moved_to else 206 if start else site.status)
            if site.moved_to:
                self.send_header("Location", site.moved_to)
            if start:
                end = f"{len(site.content) - 1}/{len(site.content)}"
                self.send_header("Content-Range", f"bytes {start}-{end}")
            if site.says_length:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            stop, site.stop_after = site.stop_after, None
            with suppress(OSError):  # who had enough hangs up
                self.wfile.write(body[:stop])

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/{NAME}"
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def publish(site: Site, monkeypatch: pytest.MonkeyPatch):
    """Puts the file into the table, with the checksum given."""

    def put(sha256: str = SHA256, urls: tuple[str, ...] = ()) -> None:
        file = WeightFile(NAME, sha256, 0, "here", "none", urls or (site.url,))
        monkeypatch.setitem(weight_files.FILES, NAME, file)

    return put


class Told(Silent):
    def __init__(self) -> None:
        self.received_bytes: list[tuple[int, int]] = []

    def received(self, name: str, done_bytes: int, total_bytes: int) -> None:
        self.received_bytes.append((done_bytes, total_bytes))


def files_in(home: Path) -> set[str]:
    return {path.name for path in weights.folder_of(home).iterdir()} - {".lock"}


def test_a_download_is_told_as_it_comes_and_ends_in_its_place(
    publish, site: Site, tmp_path: Path
) -> None:
    publish()
    told = Told()
    fetch(tmp_path, [NAME], told)
    assert weights.path_of(tmp_path, NAME).read_bytes() == CONTENT
    assert weights.path_of(tmp_path, NAME).stat().st_mode & 0o777 == 0o644
    assert files_in(tmp_path) == {NAME}
    done = [done for done, _ in told.received_bytes]
    assert len(done) >= 4
    assert done == sorted(done)
    assert told.received_bytes[-1] == (len(CONTENT), len(CONTENT))
    fetch(tmp_path, [NAME])
    assert len(site.asked) == 1  # what is there is not asked for again


@pytest.mark.parametrize("ranges", [True, False], ids=["server goes on", "server starts anew"])
def test_a_download_that_broke_off_goes_on(
    publish, site: Site, tmp_path: Path, ranges: bool
) -> None:
    publish()
    site.stop_after, site.ranges = 300_000, ranges
    with pytest.raises(WeightsMissing, match="goes on where it stopped"):
        fetch(tmp_path, [NAME])
    [part] = files_in(tmp_path)
    assert part == f"{NAME}.part"
    have = (weights.folder_of(tmp_path) / part).stat().st_size
    assert 0 < have <= 300_000
    told = Told()
    fetch(tmp_path, [NAME], told)
    assert site.asked == [None, f"bytes={have}-"]
    assert told.received_bytes[0][0] > have if ranges else True
    assert weights.path_of(tmp_path, NAME).read_bytes() == CONTENT
    assert files_in(tmp_path) == {NAME}


def test_a_remainder_longer_than_the_file_is_thrown_away(
    publish, site: Site, tmp_path: Path
) -> None:
    publish()
    part = weights.folder_of(tmp_path) / f"{NAME}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(2 * len(CONTENT)))
    with pytest.raises(WeightsMissing, match="shorter than what came before"):
        fetch(tmp_path, [NAME])
    fetch(tmp_path, [NAME])
    assert weights.path_of(tmp_path, NAME).read_bytes() == CONTENT


def test_another_file_is_thrown_away(publish, site: Site, tmp_path: Path) -> None:
    publish()
    site.content = CONTENT[:-1] + b"!"
    with pytest.raises(WeightsMissing, match=f"instead of {SHA256}, so it was thrown away"):
        fetch(tmp_path, [NAME])
    assert files_in(tmp_path) == set()
    site.content = CONTENT
    fetch(tmp_path, [NAME])
    weights.verify(tmp_path, [NAME])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"status": 404}, "127.0.0.1: it answers 404", id="not there"),
        pytest.param({"moved_to": "http://x.invalid/x"}, "http:// is not prot", id="open line"),
        pytest.param({"moved_to": "ftp://x.invalid/x"}, "ftp:// is not prot", id="another way"),
        pytest.param({"moved_to": f"/{NAME}"}, "in circles", id="in circles"),
    ],
)
def test_answers_without_the_file_are_named(
    publish, site: Site, tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    publish()
    vars(site).update(changes)
    with pytest.raises(WeightsMissing, match=says):
        fetch(tmp_path, [NAME])
    assert not weights.path_of(tmp_path, NAME).exists()


def test_offline_it_says_so_and_what_to_do(publish, tmp_path: Path) -> None:
    publish(urls=("http://127.0.0.1:9/x", "https://nowhere.invalid/x"))
    with pytest.raises(WeightsMissing) as refused:
        fetch(tmp_path, [NAME])
    assert "127.0.0.1: it cannot be reached; nowhere.invalid: it cannot be reached" in str(
        refused.value
    )
    assert "connect this machine" in str(refused.value)


def test_the_second_address_is_asked_when_the_first_fails(
    publish, site: Site, tmp_path: Path
) -> None:
    publish(urls=("http://127.0.0.1:9/x", site.url))
    fetch(tmp_path, [NAME])
    weights.verify(tmp_path, [NAME])


def test_plain_http_to_another_machine_is_not_used(publish, tmp_path: Path) -> None:
    publish(urls=("http://example.invalid/x",))
    with pytest.raises(WeightsMissing, match="http:// is not protected"):
        fetch(tmp_path, [NAME])


def test_a_file_without_a_known_checksum_needs_a_person_to_vouch_for_it(
    publish, site: Site, tmp_path: Path
) -> None:
    publish(sha256="")
    with pytest.raises(WeightsMissing, match=f"--accept {SHA256}"):
        fetch(tmp_path, [NAME])
    assert not weights.path_of(tmp_path, NAME).exists()
    with pytest.raises(WeightsMissing, match=f"instead of {'0' * 64}"):
        fetch(tmp_path, [NAME], accept="0" * 64)
    fetch(tmp_path, [NAME], accept=SHA256)
    weights.verify(tmp_path, [NAME])
    # From now on it must stay that file.
    weights.path_of(tmp_path, NAME).write_bytes(b"another")
    with pytest.raises(WeightsMissing, match="is not the file expected"):
        weights.verify(tmp_path, [NAME])


def test_what_was_downloaded_to_be_vouched_for_is_not_downloaded_again(
    publish, site: Site, tmp_path: Path
) -> None:
    publish(sha256="")
    with pytest.raises(WeightsMissing, match="--accept"):
        fetch(tmp_path, [NAME])
    fetch(tmp_path, [NAME], accept=SHA256)
    assert len(site.asked) == 1


def test_a_file_laid_there_by_hand_needs_vouching_too(publish, tmp_path: Path) -> None:
    publish(sha256="")
    weights.put(weights.path_of(tmp_path, NAME), CONTENT)
    with pytest.raises(WeightsMissing, match=f"nobody has vouched .* --accept {SHA256}"):
        weights.verify(tmp_path, [NAME])
    weights.accept(tmp_path, NAME, SHA256)
    weights.verify(tmp_path, [NAME])


def test_a_known_checksum_cannot_be_replaced(publish, tmp_path: Path) -> None:
    publish()
    with pytest.raises(WeightsMissing, match="cannot be replaced"):
        fetch(tmp_path, [NAME], accept="0" * 64)


@pytest.mark.parametrize("record", ["{", "[]", "\xff"])
def test_a_damaged_record_of_what_was_accepted_is_named(
    publish, tmp_path: Path, record: str
) -> None:
    publish(sha256="")
    weights.put(weights.folder_of(tmp_path) / "accepted.json", record.encode("latin-1"))
    with pytest.raises(WeightsMissing, match=r"accepted\.json cannot be read"):
        weights.expected(tmp_path, NAME)


def test_a_server_cannot_fill_the_disk(
    publish, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    with monkeypatch.context() as patch:
        patch.setattr(download, "MOST_BYTES", len(CONTENT) - 1)
        with pytest.raises(WeightsMissing, match="more than any model"):
            fetch(tmp_path, [NAME])
        site.says_length = False
        with pytest.raises(WeightsMissing, match="more than any model"):
            fetch(tmp_path, [NAME])
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=10))
    site.says_length = True
    with pytest.raises(WeightsMissing, match="has 0 MB free"):
        fetch(tmp_path, [NAME])


def test_two_at_once_take_turns(publish, site: Site, tmp_path: Path) -> None:
    publish()
    threads = [threading.Thread(target=fetch, args=(tmp_path, [NAME])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(site.asked) == 1
    weights.verify(tmp_path, [NAME])


def test_every_file_has_a_source_and_a_licence_and_a_way_to_get_it() -> None:
    from device_bridge.adapters.face_deepface.fetch import MAKERS

    made = {name for maker in MAKERS for name in maker.files}
    for name, file in weight_files.FILES.items():
        assert file.source, name
        assert file.licence, name
        assert bool(file.urls) != (name in made), name
        assert all(url.startswith("https://") for url in file.urls), name
        assert json.dumps(file.sha256) == f'"{file.sha256}"'
        assert len(file.sha256) in {0, 64}, name
