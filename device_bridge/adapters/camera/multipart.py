"""The parts of a multipart/x-mixed-replace stream, as phones and cameras send motion JPEG."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MOST_BYTES = 8 * 1024 * 1024
"""Of one part; a JPEG of 12 megapixels has about six."""
_MOST_HEAD = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d{1,8})\s*$")


def boundary_of(content_type: str) -> bytes | None:
    """What stands between the parts, with its dashes; None if this is no such stream."""
    kind, _, options = content_type.partition(";")
    found = re.search(r'boundary="?([^";\s]{1,200})', options)
    if not kind.strip().lower().startswith("multipart/") or found is None:
        return None
    # some devices put the dashes into the name already
    return b"--" + found[1].removeprefix("--").encode("latin-1", "replace")


def parts(chunks: Iterable[bytes], boundary: bytes) -> Iterator[bytes]:
    """The body of each part, as it comes.

    With a Content-Length the body is taken by it; without, up to the next boundary.

    Raises:
        ValueError: a part or its head is larger than anything a camera sends.
    """
    left = b""
    length: int | None = None
    in_body = False
    for chunk in chunks:
        left += chunk
        while True:
            if not in_body:
                head, found, rest = left.partition(boundary)[2].partition(_HEAD_END)
                if not found:
                    break
                stated = _LENGTH.search(head)
                length = int(stated[1]) if stated else None
                left, in_body = rest, True
            end = length if length is not None else left.find(b"\r\n" + boundary)
            if end > MOST_BYTES:
                raise ValueError("a part is too large")
            if end < 0 or len(left) < end:
                break
            yield left[:end]
            left, in_body = left[end:], False
        if len(left) > (MOST_BYTES if in_body else _MOST_HEAD):
            raise ValueError("a part or what stands before it is too large")
