"""Download a weight file over HTTPS: goes on where it stopped, and ends whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from device_bridge.adapters.face_deepface import weights
from device_bridge.adapters.face_deepface.weight_files import WeightFile
from device_bridge.errors import WeightsMissing

Counted = Callable[[int, int], None]
"""Called with bytes done and bytes in all, the latter 0 if the server does not say."""

CONNECT_S, READ_S = 10, 30
_BLOCK_BYTES = 256 * 1024
_MOST_REDIRECTS = 5
# VGG-Face, the largest of the table, is 0.6 GB.
MOST_BYTES = 2 * 1024**3
_LOCAL = {"127.0.0.1", "localhost", "::1"}


def download(home: Path, file: WeightFile, counted: Counted) -> None:
    """Bring `file` from the first of its addresses that has it.

    A file whose checksum nobody knows is downloaded, and then refused until a person
    vouches for what came (`weights.accept`); it need not be downloaded again for that.

    Raises:
        WeightsMissing: no address answers, or what came is another file.
    """
    target = weights.path_of(home, file.name)
    part = target.with_name(f"{file.name}.part")
    complete = target.with_name(f"{file.name}.unverified")
    if not complete.is_file():
        _download_from_any(file, part, counted)
        with weights.writing(complete):
            part.replace(complete)
    _adopt(home, file, complete, target)


def _adopt(home: Path, file: WeightFile, complete: Path, target: Path) -> None:
    found, wanted = weights.sha256_of(complete), weights.expected(home, file.name)
    if not wanted:
        raise WeightsMissing(
            f"{file.name} has been downloaded, and nobody has published a checksum to compare "
            f"it with. It has {found}: if that is what you see elsewhere too (another network, "
            f"a colleague's machine), run `device-bridge models fetch {file.name} "
            f"--accept {found}`"
        )
    if found != wanted:
        complete.unlink(missing_ok=True)
        raise WeightsMissing(
            f"{file.name} has the checksum {found} instead of {wanted}, so it was thrown away: "
            "the server has another file there, or something on the way changed it"
        )
    with weights.writing(target):
        complete.chmod(0o644)
        complete.replace(target)


def _download_from_any(file: WeightFile, part: Path, counted: Counted) -> None:
    reasons = []
    for url in file.urls:
        try:
            _download(url, file, part, counted)
            return
        except (requests.RequestException, _NotThere) as error:
            reasons.append(f"{urlsplit(url).hostname}: {_reason(error)}")
    raise WeightsMissing(
        f"{file.name} could not be downloaded ({'; '.join(reasons)}): connect this machine to "
        f"the network and repeat, which goes on where it stopped, or copy the file to {part.parent}"
    )


class _NotThere(Exception):
    """The address answers, but not with the file."""


def _download(url: str, file: WeightFile, part: Path, counted: Counted) -> None:
    with weights.writing(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with _get(url, headers) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink(missing_ok=True)
            raise _NotThere("the file there is shorter than what came before; repeat")
        if answer.status_code not in {requests.codes.ok, requests.codes.partial_content}:
            raise _NotThere(f"it answers {answer.status_code}")
        start = _start_of(answer, have)
        total = start + int(answer.headers.get("Content-Length") or 0)
        _check_size(max(total, file.size), start, part)
        with weights.writing(part):
            _write(answer, part, start, total if total > start else 0, counted)


def _get(url: str, headers: dict[str, str]) -> requests.Response:
    """Follows redirects itself, so that none leads to where nothing is protected."""
    for _ in range(_MOST_REDIRECTS):
        _check_address(url)
        answer = requests.get(
            url, headers=headers, stream=True, timeout=(CONNECT_S, READ_S), allow_redirects=False
        )
        if not answer.is_redirect:
            return answer
        answer.close()
        url = urljoin(url, answer.headers["Location"])
    raise _NotThere("it sends us in circles")


def _start_of(answer: requests.Response, have: int) -> int:
    """Where the body begins in the file: at `have` if the server goes on, else at 0."""
    if answer.status_code != requests.codes.partial_content:
        return 0
    said = answer.headers.get("Content-Range", "")
    if not said.startswith(f"bytes {have}-"):
        raise _NotThere(f"it was asked to go on at {have} and sends {said!r}")
    return have


def _write(answer: requests.Response, part: Path, start: int, total: int, counted: Counted) -> None:
    done = start
    with part.open("r+b" if start else "wb") as file:
        file.truncate(start)
        file.seek(start)
        for block in _blocks(answer):
            done += len(block)
            if done > MOST_BYTES:
                raise _NotThere("it sends more than any model has")
            file.write(block)
            counted(done, total)
        file.flush()
        os.fsync(file.fileno())
    if total and done < total:
        raise _NotThere(f"it stopped after {done} of {total} bytes")


def _blocks(answer: requests.Response) -> Iterator[bytes]:
    """The body. What goes wrong on the line is no error of the disk, though requests says so."""
    try:
        yield from answer.iter_content(_BLOCK_BYTES)
    except requests.RequestException as error:
        raise _NotThere(_reason(error)) from error


def _check_size(total: int, start: int, part: Path) -> None:
    if total > MOST_BYTES:
        raise _NotThere(f"it has {total} bytes, more than any model")
    free = shutil.disk_usage(part.parent).free
    if total - start > free:
        raise WeightsMissing(
            f"{part.parent} has {free // 2**20} MB free and {(total - start) // 2**20} MB are "
            "needed: free some, or set recognition.weights to a folder on a larger disk"
        )


def _check_address(url: str) -> None:
    """HTTPS only, redirects included; plain HTTP to this machine itself."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise _NotThere(f"{parts.scheme}:// is not protected on the way")


def _reason(error: Exception) -> str:
    match error:
        case requests.Timeout():
            return "no answer in time"
        case requests.exceptions.SSLError():
            return "its certificate is not valid"
        case requests.exceptions.ChunkedEncodingError():
            return "it broke off"
        case requests.ConnectionError():
            return "it cannot be reached"
    return str(error)
