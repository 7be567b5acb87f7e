"""The one reader of pictures from outside: a picture, or a sentence that says what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from device_bridge.adapters.images import MOST_BYTES, decode_image, read_image
from device_bridge.errors import ImageUnreadable
from tests.bridge import pictures
from tests.bridge.pictures import HEIGHT, WIDTH, encoded, jpeg_of, jpeg_turned, png_of, scene
from tests.builders import ROOT

JPEG, PNG = encoded("JPEG", subsampling=0), encoded("PNG")
GREY = Image.fromarray(scene()).convert("L")
FRAMES = [Image.fromarray(scene()), Image.new("RGB", (WIDTH, HEIGHT))]


def colours(image: np.ndarray) -> list[str]:
    """Which colour is strongest top left, top right and below."""
    spots = (image[10, 15], image[10, 45], image[30, 30])
    return [["blue", "green", "red"][int(spot.argmax())] for spot in spots]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(JPEG, id="JPEG"),
        pytest.param(encoded("JPEG", progressive=True, subsampling=0), id="progressive"),
        pytest.param(PNG, id="PNG"),
        pytest.param(pictures.sixteen_bit(), id="16-bit"),
        pytest.param(encoded("PNG", Image.fromarray(scene()).convert("RGBA")), id="alpha"),
        pytest.param(encoded("PNG", Image.fromarray(scene()).convert("P")), id="palette"),
        pytest.param(
            encoded("JPEG", Image.fromarray(scene()).convert("CMYK"), subsampling=0), id="CMYK"
        ),
        pytest.param(encoded("WebP", lossless=True), id="WebP"),
        pytest.param(encoded("WebP", quality=95), id="lossy WebP"),
        pytest.param(encoded("PPM"), id="PPM"),
        pytest.param(
            encoded("PNG", FRAMES[0], save_all=True, append_images=FRAMES[1:]), id="animated PNG"
        ),
        pytest.param(JPEG + b"<script>PK\x03\x04" + bytes(300), id="JPEG with a tail"),
        pytest.param(PNG + JPEG, id="PNG that is a JPEG, too"),
        *(pytest.param(jpeg_turned(n), id=f"orientation {n}") for n in range(1, 9)),
    ],
)
def test_whatever_it_is_stored_as_the_picture_is_upright_and_in_its_colours(data: bytes) -> None:
    image = decode_image(data, "it")
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8
    assert colours(image) == ["red", "green", "blue"]


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "L"), ("PNG", "L"), ("PNG", "1"), ("PNG", "I;16"), ("PPM", "L")]
)
def test_grey_pictures_have_three_channels(form: str, mode: str) -> None:
    grey = (
        GREY.convert(mode) if mode != "I;16" else Image.fromarray(np.asarray(GREY) * np.uint16(257))
    )
    image = decode_image(encoded(form, grey), "it")
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert (image[..., 0] == image[..., 2]).all()
    assert image[:20, 30:].mean() > image[20:].mean()  # one bit is dithered


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"not a picture", "is no JPEG, PNG", id="text"),
        pytest.param(b"\xff\xd8\xff", "is no JPEG", id="JPEG's first bytes"),
        pytest.param(encoded("GIF"), "is no JPEG", id="GIF"),
        pytest.param(encoded("BMP"), "is no JPEG", id="BMP"),
        pytest.param(encoded("TIFF"), "is no JPEG", id="TIFF"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no JPEG", id="SVG"),
        pytest.param(b"%PDF-1.7\n" + JPEG, "is no JPEG", id="PDF before a JPEG"),
        pytest.param(JPEG[:-200], "is cut short", id="JPEG cut short"),
        pytest.param(JPEG[:150], "is no JPEG", id="JPEG cut in its header"),
        pytest.param(PNG[:-20], "is cut short", id="PNG cut short"),
        pytest.param(encoded("PPM")[:-1], "is cut short", id="PPM cut short"),
        pytest.param(encoded("WebP")[:-4], "is cut short", id="WebP cut short"),
        pytest.param(png_of(0, 10), "has no pixels", id="PNG without width"),
        pytest.param(jpeg_of(10, 0), "has no pixels", id="JPEG without height"),
        pytest.param(png_of(10_000, 10_000), "100 megapixels; 25 ", id="100 megapixels, PNG"),
        pytest.param(jpeg_of(10_000, 10_000), "100 megapixels; 50 ", id="100 megapixels, JPEG"),
        pytest.param(jpeg_of(65_535, 65_535), "4295 megapixels", id="largest JPEG"),
        pytest.param(png_of(2**31 - 1, 2**31 - 1), "megapixels", id="largest PNG"),
        pytest.param(png_of(65_000, 2), "a side are accepted", id="long and thin"),
        pytest.param(b"P5 60000 60000 255\n" + bytes(99), "3600 megapixels", id="bomb in PGM"),
        pytest.param(b"P5" + b" " * 4000 + b"x", "is no JPEG", id="PGM of blanks"),
        pytest.param(
            b"P5 #\r60000 60000 255\n2 2 255\n" + bytes(99), "3600 mega", id="bomb in a comment"
        ),
        pytest.param(png_of(64, 64, b"no zlib"), "is damaged", id="PNG without pixels in it"),
        pytest.param(bytes(MOST_BYTES + 1), "larger than 32 MiB", id="too many bytes"),
        pytest.param(
            JPEG.replace(b"\xff\xc0", b"\xff\x00\x00\x02\xff\xc0", 1), "is no JPEG", id="odd marker"
        ),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(ImageUnreadable, match=f"^it .*{says}") as refused:
        decode_image(data, "it")
    assert str(refused.value).endswith(".")


def test_two_frame_headers_are_not_believed() -> None:
    """The first says 60×40; a decoder that took the second would need 12 GB."""
    at = JPEG.index(b"\xff\xc0")
    frame = JPEG[at : at + 19]
    huge = frame[:5] + b"\xff\xff\xff\xff" + frame[9:]
    with pytest.raises(ImageUnreadable, match="is no JPEG"):
        decode_image(JPEG[:at] + frame + huge + JPEG[at + 19 :], "it")


def test_the_name_of_a_file_decides_nothing(tmp_path: Path) -> None:
    (tmp_path / "face.png").write_bytes(JPEG)
    assert colours(read_image(tmp_path / "face.png")) == ["red", "green", "blue"]


@pytest.mark.parametrize("name", ["absent.jpg", "", "nul\0.jpg", "x" * 300])
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageUnreadable, match="cannot be read"):
        read_image(tmp_path / name)


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(ImageUnreadable, match="larger than"):
        read_image(Path("/dev/zero"))


def test_the_largest_picture_accepted_takes_bounded_memory(tmp_path: Path) -> None:
    """In a process of its own: 400 MB above what the libraries take is the most it may have."""
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)
    Image.fromarray(np.tile(noise, (7, 7, 1))).save(
        tmp_path / "49.jpg", progressive=True, quality=30
    )
    (tmp_path / "25.png").write_bytes(pictures.png_bomb(5000))
    Image.fromarray(np.zeros((5000, 5000, 4), np.uint8)).save(
        tmp_path / "animated.png",
        save_all=True,
        append_images=[Image.new("RGBA", (5000, 5000), (n, 0, 0, 9)) for n in range(3)],
    )
    script = (
        "import resource, sys, json; from pathlib import Path\n"
        "from device_bridge.adapters.images import read_image\n"
        "def vm(): return int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "resource.setrlimit(resource.RLIMIT_AS, (vm() + 400 * 2**20,) * 2)\n"
        "print(json.dumps([read_image(Path(name)).shape for name in sys.argv[1:]]))\n"
    )
    names = [str(tmp_path / name) for name in ("49.jpg", "25.png", "animated.png")]
    done = subprocess.run(
        [sys.executable, "-c", script, *names],
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    # The JPEG of 49 megapixels is decoded at half its size.
    assert json.loads(done.stdout) == [[3500, 3500, 3], [5000, 5000, 3], [5000, 5000, 3]]
