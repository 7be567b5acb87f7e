"""`device-bridge models`: what is listed, what is checked, and the page that says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from device_bridge.adapters.face_deepface import catalogue, fetch, models, weight_files, weights
from device_bridge.cli.app import app
from device_bridge.errors import BridgeError
from tests.builders import ROOT

PAGE = ROOT / "docs" / "models.md"


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["models", *words])
    if isinstance(done.exception, BridgeError):
        return 2, f"{done.output}{done.exception}"
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture
def settings(tmp_path: Path) -> str:
    """A settings file whose weights folder is empty."""
    path = tmp_path / "bridge.toml"
    path.write_text(f'[recognition]\nweights = "{tmp_path / "home"}"\n')
    return str(path)


def test_the_list_names_every_model_with_all_there_is_to_know(settings: str) -> None:
    code, text = run("list", "--settings", settings)
    assert code == 0
    for model in models.MODELS:
        for word in (model.name, model.id, model.licence, model.source, str(model.dimension)):
            assert word in text
    assert "verified" not in text
    assert text.count("absent") >= len(models.MODELS)


def test_the_list_tells_the_licences_of_attack_detection(settings: str) -> None:
    _, text = run("list", "--settings", settings)
    assert "Apache-2.0 (Minivision)" in text
    assert "no commercial use" in text.partition("landmarks68")[2]


def test_the_list_is_there_for_programs_too(weights_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text(f'[recognition]\nweights = "{weights_home}"\n')
    rows = json.loads(run("list", "--json", "--settings", str(path))[1])
    own = len(models.MODELS)
    assert [row["model"] for row in rows[:own]] == [model.id for model in models.MODELS]
    assert [row["name"] for row in rows[own:]] == ["fasnet", "landmarks68"]
    assert rows[0]["files"] == "verified"
    assert {row["name"] for row in rows if row["measured"]} == {"Dlib", "Facenet-CASIA"}


def test_verify_names_what_is_wrong_and_fails(settings: str, weights_home: Path) -> None:
    code, text = run("verify", "--settings", settings)
    assert code == 2
    assert text.count("is absent: run `device-bridge models fetch`") == 5
    assert "5 of 5 files are not as they should be" in text
    home = Path(settings).parent / "home"
    weights.put(weights.path_of(home, weight_files.YUNET_DYNAMIC), b"damaged")
    code, text = run("verify", weight_files.YUNET_DYNAMIC, "--settings", settings)
    assert (code, text.count("is not the file expected")) == (2, 1)
    Path(settings).write_text(f'[recognition]\nweights = "{weights_home}"\n')
    code, text = run("verify", "--settings", settings)
    assert (code, text.count("✓")) == (0, 5)


def test_fetch_shows_each_file(settings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetched(home: Path, names: list[str], progress: fetch.Progress, accept: str) -> None:
        asked.append((home, names, accept))
        progress.file(names[0], "its source", 1, 2)
        for done in range(0, 101, 5):
            progress.received(names[0], done * 10**6, 100 * 10**6)

    monkeypatch.setattr(fetch, "fetch", fetched)
    code, text = run("fetch", "Facenet", "--accept", "ab", "--settings", settings)
    assert code == 0
    assert asked == [(Path(settings).parent / "home", ["facenet_weights.onnx"], "ab")]
    assert "[1/2] facenet_weights.onnx, its source" in text
    assert "  0 %, 0 of 100 MB" in text
    assert "100 %, 100 of 100 MB" in text
    assert text.count("%") == 5  # no line for every percent where nobody watches


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fetch", "Facnet"), "did you mean 'Facenet'"),
        (("verify", "nothing"), "unknown model 'nothing'"),
        (("fetch", "Dlib", "--accept", "ab"), "vouches for one file"),
    ],
)
def test_mistakes_are_named(settings: str, words: tuple[str, ...], says: str) -> None:
    code, text = run(*words, "--settings", settings)
    assert code == 2
    assert says in text


@pytest.mark.parametrize(
    ("names", "backend", "files"),
    [
        (["Facenet"], "onnx", ["facenet_weights.onnx"]),
        (["facenet@mtcnn160+mirror"], "tensorflow", ["facenet_weights.h5"]),
        (["SFace"], "tensorflow", ["face_recognition_sface_2021dec.onnx"]),
        (["mtcnn"], "onnx", []),
        (["retinaface"], "onnx", ["retinaface.h5"]),
        (["yunet"], "onnx", [weight_files.YUNET, weight_files.YUNET_DYNAMIC]),
        (["opencv"], "onnx", [weight_files.YUNET, weight_files.YUNET_DYNAMIC]),
        (["Dlib", "yunet"], "onnx", list(weight_files.DEFAULT)),
        (["retinaface.h5"], "onnx", ["retinaface.h5"]),
    ],
)
def test_a_name_stands_for_its_files(
    names: list[str], backend: models.Backend, files: list[str]
) -> None:
    assert catalogue.files_for(names, backend) == files


def test_the_page_and_the_tables_in_the_code_are_the_same() -> None:
    start, end = "<!-- models:start -->\n", "<!-- models:end -->"
    table = PAGE.read_text().partition(start)[2].partition(end)[0]
    assert table.strip() == catalogue.markdown(), (
        "docs/models.md is behind: `python -m tests.bridge.test_cli_models` renews it"
    )


def test_settings_name_a_backend_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text('[recognition]\nbackend = "torch"\n')
    code, text = run("list", "--settings", str(path))
    assert (code, "recognition.backend" in text) == (2, True)


if __name__ == "__main__":
    start, end = "<!-- models:start -->\n", "<!-- models:end -->"
    before, _, rest = PAGE.read_text().partition(start)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{start}\n{catalogue.markdown()}\n\n{end}{after}")
