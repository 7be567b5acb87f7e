"""From a folder of photos to the report, with the real engine on demo photos."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from device_bridge.cli.app import app
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.errors import BridgeError, SettingsError
from device_bridge.evaluation.collection import people_in
from device_bridge.evaluation.finder import FaceFinder, well_exposed
from device_bridge.evaluation.pairs import evaluate_pairs, photos_of, read_pairs
from device_bridge.settings import load_settings
from device_bridge.wiring.evaluation import laboratory_of
from tests.builders import face
from tests.evaluation.synthetic import crowd

SIZES = {"92×112": (92, 112), "64×64": (64, 64), "46×56": (46, 56)}


@pytest.fixture(scope="module")
def photos(faces_dir: Path) -> list[ImageU8]:
    """Every demo photo."""
    read = [cv2.imread(str(path)) for path in sorted(faces_dir.glob("*/*.jpg"))]
    return [image.astype(np.uint8, copy=False) for image in read if image is not None]


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return laboratory_of(load_settings(None))._collector._finder


def small_and_grey(photo: ImageU8, found: Face, size: tuple[int, int], part: float) -> ImageU8:
    """The face alone, its height that part of the picture's, without colour."""
    scale = size[1] * part / found.height_px
    x, y = found.centre_px
    matrix = np.array([[scale, 0, size[0] / 2 - scale * x], [0, scale, size[1] / 2 - scale * y]])
    soft = cv2.GaussianBlur(photo, (0, 0), max(0.4 / scale, 0.3))
    cut = cv2.warpAffine(soft, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return cv2.cvtColor(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.uint8)


@pytest.mark.parametrize(
    ("brightness", "lowest", "highest"),
    [(0, 0, 1), (20, 60, 80), (60, 100, 130), (128, 126, 130), (200, 120, 160), (255, 250, 255)],
)
def test_a_small_photo_is_exposed_to_the_middle_within_reason(
    brightness: int, lowest: int, highest: int
) -> None:
    chip = np.full((150, 150, 3), brightness, np.uint8)
    assert lowest <= well_exposed(chip).mean() <= highest


@pytest.mark.parametrize("part", [0.6, 0.8, 1.0], ids=["some room", "little room", "none"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_face_is_found_in_a_small_grey_photo(
    finder: FaceFinder, photos: list[ImageU8], size: tuple[int, int], part: float
) -> None:
    for photo in photos:
        large = finder.find(photo)
        assert large is not None
        small = finder.find(small_and_grey(photo, large.face, size, part))
        assert small is not None
        middle = np.array(small.face.centre_px) / small.scale
        assert np.abs(middle - np.array(size) / 2).max() < 0.2 * size[0]


class FrameOnly:
    """Finds a face only in a picture that was framed, unless it is lenient."""

    def __init__(self, sides: set[tuple[int, ...]]) -> None:
        self.sides, self.asked = sides, list[tuple[int, ...]]()

    def detect(self, image_bgr: ImageU8) -> tuple[Face, ...]:
        self.asked.append(image_bgr.shape[:2])
        return (face(size=50),) if image_bgr.shape[:2] in self.sides else ()


def test_a_face_that_fills_its_photo_is_looked_for_with_room_around_it() -> None:
    strict, lenient = FrameOnly({(600, 600)}), FrameOnly(set())
    found = FaceFinder(strict, lenient).find(np.zeros((400, 400, 3), np.uint8))
    assert found is not None
    assert (found.scale, found.image_bgr.shape[:2], lenient.asked) == (1, (600, 600), [])


def test_a_faint_face_is_accepted_in_the_end() -> None:
    strict, lenient = FrameOnly(set()), FrameOnly({(600, 600)})
    assert FaceFinder(strict, lenient).find(np.zeros((400, 400, 3), np.uint8)) is not None
    assert FaceFinder(strict, strict).find(np.zeros((400, 400, 3), np.uint8)) is None


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, faces_dir: Path) -> Path:
    """Two people with three different photos each, and everything that can be wrong."""
    folder = tmp_path_factory.mktemp("people")
    source = faces_dir / "face_recognition"
    for name in ("obama", "obama2", "obama3"):
        _copy(source / f"{name}.jpg", folder / "Barack" / f"{name}.png", grey=True)
    biden = cv2.imread(str(source / "biden.jpg"))
    assert biden is not None
    (folder / "Joe").mkdir()
    for number, gain in enumerate((1.0, 0.8, 0.6)):
        cv2.imwrite(str(folder / "Joe" / f"{number}.png"), (biden * gain).astype(np.uint8))
    (folder / "Joe" / "copy.png").write_bytes((folder / "Joe" / "0.png").read_bytes())
    (folder / "Joe" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    cv2.imwrite(str(folder / "Joe" / "wall.png"), np.full((200, 200, 3), 128, np.uint8))
    (folder / "notes.txt").write_text("no person")
    (folder / ".hidden").mkdir()
    return folder


def _copy(source: Path, target: Path, *, grey: bool) -> None:
    image = cv2.imread(str(source), cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR)
    assert image is not None
    target.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(target), image)


def run(*arguments: object) -> dict:  # type: ignore[type-arg]
    """The command's JSON, its console text under "said"."""
    done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    path = Path(str(arguments[arguments.index("--json") + 1]))
    return json.loads(path.read_text()) | {"said": done.output}


def test_evaluate_says_what_became_of_every_photo(people: Path, tmp_path: Path) -> None:
    report = run(
        *("evaluate", people, "--enrol", 1, "--strangers", 1, "--splits", 4),
        *("--json", tmp_path / "r.json", "--plots", tmp_path / "plots"),
    )
    assert report["n_people"] == 2
    assert report["tpir_at_fpir0"] == report["rank1"] == 1
    assert report["fta"] == 1 / 7
    assert report["no_face"] == ["Joe/wall.png"]
    assert report["copies"] == ["Joe/copy.png"]
    assert [name for name, _ in report["unreadable"]] == ["Joe/broken.jpg"]
    assert "Joe/broken.jpg" in report["said"]
    for name in ("scores", "det", "quality"):
        image = cv2.imread(str(tmp_path / "plots" / f"{name}.png"))
        assert image is not None
        assert image.shape[1] > 1000


def test_evaluate_judges_pairs(people: Path, tmp_path: Path) -> None:
    listed = tmp_path / "pairs.csv"
    listed.write_text(
        "file_x,file_y,Decision\n"
        "Barack/obama.png,Barack/obama2.png,Yes\nBarack/obama.png,Joe/0.png,No\n"
    )
    report = run("evaluate", people, "--pairs", listed, "--json", tmp_path / "r.json")
    assert (report["accuracy"], report["n_genuine"], report["n_impostor"]) == (1, 1, 1)
    assert report["separable"]


@pytest.mark.parametrize("model", ["dlib-resnet-v1@aligned5", "dlib-resnet-v1@aligned5+mirror"])
def test_the_pairs_of_deepface_are_all_judged_rightly(model: str) -> None:
    folder = Path(__file__).parents[3] / "shared" / "data" / "deepface-pairs"
    if not folder.is_dir():
        pytest.skip("DeepFace's unit-test photos are not beside the clone.")
    laboratory = laboratory_of(load_settings(None), model)
    report = laboratory.evaluate_pairs(folder, folder / "master.csv", None, lambda *_: None)
    assert (report["accuracy"], report["n_genuine"] + report["n_impostor"]) == (1, 300)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate"], "Name a folder"),
        (["evaluate", "{tmp}/absent"], "no folder"),
        (["evaluate", "{tmp}"], "one folder per person"),
        (["evaluate", "{people}", "--matcher", "magic"], "--matcher is one of nearest, svm"),
        (["evaluate", "{people}", "--quality", "best"], "--quality is one of"),
        (["evaluate", "{people}", "--frames", "5", "--votes", "6"], "vote of 6 of 5"),
        (["evaluate", "{people}", "--enrol", "9"], "0 of 2 people"),
        (["evaluate", "{people}", "--pairs", "{tmp}/none.csv"], "cannot be read"),
        (["evaluate", "{people}", "--model", "magic"], "magic"),
        (["calibrate", "{people}"], "2 people are enrolled"),
        (["calibrate", "{people}", "--target-fpir", "0"], "--target-fpir"),
        (["calibrate", "--state", "{tmp}"], "not paired"),
    ],
)
def test_what_cannot_be_done_is_explained(
    arguments: list[str], says: str, people: Path, tmp_path: Path
) -> None:
    given = [one.format(people=people, tmp=tmp_path) for one in arguments]
    with pytest.raises(BridgeError, match=f"(?i){says}"):
        CliRunner().invoke(app, given, catch_exceptions=False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b,c\n", "no pairs"),
        ("a,b,c\nx.jpg,y.jpg\n", "line 2"),
        ("a,b,c\nx.jpg,y.jpg,perhaps\n", "line 2"),
    ],
)
def test_a_list_of_pairs_of_another_form_is_refused(text: str, says: str, tmp_path: Path) -> None:
    listed = tmp_path / "pairs.csv"
    listed.write_text(text)
    with pytest.raises(SettingsError, match=says):
        read_pairs(listed)


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd"])
def test_a_pair_cannot_lead_out_of_the_folder(name: str, tmp_path: Path) -> None:
    listed = tmp_path / "pairs.csv"
    listed.write_text(f"a,b,c\n{name},y.jpg,yes\n")
    with pytest.raises(SettingsError, match="is not in"):
        photos_of(read_pairs(listed), tmp_path)


def test_pairs_without_a_face_are_counted_as_different(tmp_path: Path) -> None:
    listed = tmp_path / "pairs.csv"
    listed.write_text("a,b,c\np0/0.png,p0/1.png,yes\np0/0.png,gone.png,yes\np1/0.png,gone.png,no\n")
    report = evaluate_pairs(crowd(2, 2), read_pairs(listed), 0.9)
    assert report["pairs_without_a_face"] == 2
    assert report["accuracy"] == 2 / 3


def test_a_person_without_photos_is_nobody(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="one folder per person"):
        people_in(tmp_path)
