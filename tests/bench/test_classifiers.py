"""GANILLA's classifiers are trained on a person's pictures, and tell classes as they should."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from bench.classifiers.network import Classifier, load, name, save, train
from bench.classifiers.patches import all_patches, drawn_patch
from bench.classifiers.recipe import Recipe, labelled, recipe_of
from bench.classifiers.score import score
from bench.cli import main
from bench.records import read_all
from data.errors import AtlasError, UsageProblem

SMALL = Recipe(
    kind="style",
    classes=2,
    patch=24,
    size=32,
    architecture="resnet18",
    rate=0.001,
    momentum=0.9,
    batch=8,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that anybody can tell: reddish and bluish noise."""
    root, rng = tmp_path_factory.mktemp("classes"), np.random.default_rng(0)
    for label, channel in (("red", 0), ("blue", 2)):
        (root / label).mkdir()
        for i in range(4):
            pixels = rng.integers(0, 60, (40, 36, 3), dtype=np.uint8)
            pixels[..., channel] += 180
            Image.fromarray(pixels).save(root / label / f"{i}.png")
    return root


@pytest.fixture(scope="module")
def trained(folder: Path) -> Classifier:
    """A small network after a few steps."""
    torch.set_num_threads(1)
    return train(SMALL, labelled(folder), 30, 0, None, lambda: None)


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_the_recipe_is_the_protocols() -> None:
    style, content = recipe_of("style"), recipe_of("content")
    assert (style.classes, style.patch, style.size) == (11, 150, 224)
    assert (content.classes, content.patch, content.architecture) == (11, 100, "resnet50")
    with pytest.raises(UsageProblem, match="did you mean 'style'"):
        recipe_of("styles")


def test_f1_and_accuracy_are_those_of_sklearn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    classes = ("a", "b", "c")
    true = [classes[i] for i in rng.integers(0, 3, 60)]
    named = [t if rng.random() < 0.6 else classes[int(rng.integers(0, 3))] for t in true]
    told = score(classes, true, named)
    expected = metrics.f1_score(true, named, labels=classes, average=None)
    assert list(told.f1.values()) == pytest.approx(list(expected))
    assert told.accuracy == pytest.approx(metrics.balanced_accuracy_score(true, named))
    assert told.low < told.accuracy < told.high
    assert told.n == 60


def test_a_class_that_is_not_there_has_no_score() -> None:
    told = score(("a", "b", "c"), ["a", "a"], ["a", "b"])
    assert told.f1 == {"a": pytest.approx(2 / 3), "b": 0.0, "c": None}
    assert told.accuracy == 0.5
    with pytest.raises(ValueError, match=r"\['x'\]"):
        score(("a",), ["x"], ["a"])
    with pytest.raises(ValueError, match="0 pictures"):
        score(("a",), [], [])


@pytest.mark.parametrize(("shape", "count"), [((24, 24), 1), ((40, 36), 4), ((10, 90), 9)])
def test_patches_cover_the_picture(shape: tuple[int, int], count: int) -> None:
    picture = np.full((*shape, 3), 7, dtype=np.uint8)
    found = all_patches(picture, 24, 32)
    assert found.shape == (count, 32, 32, 3)
    assert {7} == set(np.unique(found))


def test_drawn_patches_depend_on_the_seed_alone() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    one, two = (drawn_patch(picture, 24, 32, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, two)
    other = drawn_patch(picture, 24, 32, np.random.default_rng(4))
    assert not np.array_equal(one, other)


def test_a_trained_classifier_tells_the_classes_and_comes_back_from_its_file(
    folder: Path, trained: Classifier, tmp_path: Path
) -> None:
    pictures = labelled(folder)
    files = [path for paths in pictures.values() for path in paths]
    true = [label for label, paths in pictures.items() for _ in paths]
    assert true == name(trained, files)
    sha256 = save(trained, tmp_path / "c.safetensors")
    again = load(tmp_path / "c.safetensors")
    assert (sha256, SMALL, ("blue", "red")) == (again.sha256, again.recipe, again.classes)
    assert true == name(again, files)


def test_training_again_gives_the_same_bits(folder: Path) -> None:
    one, two = (train(SMALL, labelled(folder), 2, 5, None, lambda: None) for _ in range(2))
    for (key, value), other in zip(
        one.module.state_dict().items(), two.module.state_dict().values(), strict=True
    ):
        assert torch.equal(value, other), key


def test_scoring_from_the_command_line(folder: Path, trained: Classifier, tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    sha256 = save(trained, file)
    told = json.loads(_bench("classifier", "score", file, folder, "--json").stdout)
    assert (told["accuracy"], told["n"], told["sha256"]) == (1.0, 8, sha256)
    assert told["f1"] == {"blue": 1.0, "red": 1.0}
    one = _bench("classifier", "score", file, folder / "red", "--label", "red")
    assert "mean accuracy 1.000" in one.stderr
    wrong = _bench("classifier", "score", file, folder / "red", "--label", "green")
    assert wrong.exit_code == 2
    assert "its classes: blue, red" in wrong.stderr


def test_training_from_the_command_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.classifiers.recipe.recipe_of", lambda kind: SMALL)
    out = tmp_path / "c.safetensors"
    words = ("classifier", "train", "style", folder, "--out", out, "--steps", 1)
    result = _bench(*words)
    assert result.exit_code == 0, result.stderr
    assert load(out).classes == ("blue", "red")
    (tmp_path / "bad.pth").write_bytes(b"x")
    bad = _bench(*words, "--pretrained", tmp_path / "bad.pth")
    assert bad.exit_code == 1
    assert "has no weights of resnet18" in bad.stderr


@pytest.fixture
def cards(trained: Classifier, tmp_path: Path) -> Callable[[str], Path]:
    """Writes the classifier as one of this kind; returns its file."""

    def make(kind: str) -> Path:
        path = tmp_path / f"{kind}.safetensors"
        save(replace(trained, recipe=replace(SMALL, kind=kind)), path)
        return path

    return make


def _set(folder: Path, root: Path) -> Path:
    """The pictures of both classes as test sources, under other names, and as references."""
    for part in ("testA", "testB"):
        (root / part).mkdir(parents=True)
        for path in folder.glob("*/*.png"):
            shutil.copy(path, root / part / f"{path.parent.name}{path.name}")
    return root


def test_both_classifiers_end_up_in_a_record_by_the_protocol(
    folder: Path, cards: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    style, content = tmp_path / "style.toml", tmp_path / "content.toml"
    made = _bench("classifier", "card", cards("style"), "--label", "red", "--out", style)
    assert made.exit_code == 0, made.stderr
    made = _bench("classifier", "card", cards("content"), "--sources", folder, "--out", content)
    assert made.exit_code == 0, made.stderr
    monkeypatch.setenv("ATLAS_STYLE_CLASSIFIER", str(style))
    monkeypatch.setenv("ATLAS_CONTENT_CLASSIFIER", str(content))
    words = ("--models", "identity", "--dataset", _set(folder, tmp_path / "set"))
    result = _bench("run", "--protocol", "classic/ganilla", *words)
    assert result.exit_code == 0, result.stderr
    (record,) = read_all([tmp_path / "home" / "results"])
    scores = {score["metric"]: score for score in record.scores}
    # Of untranslated pictures every scene is told, and half of them are red.
    assert scores["content-classifier"]["value"] == 1.0
    assert scores["content-classifier"]["extra"] == {"F1 blue": 1.0, "F1 red": 1.0}
    assert scores["style-classifier"]["value"] == 0.5
    assert scores["style-classifier"]["extra"] == {"F1 blue": 0.0, "F1 red": pytest.approx(2 / 3)}
    assert {8} == {score["n"] for score in record.scores}
    assert not any(score["comparable"] for score in record.scores)
    assert record.spec["protocol"] == "classic/ganilla"
    assert any("the classifiers are those whose cards were named" in w for w in record.warnings)


def test_without_classifiers_the_protocol_says_how_to_make_them(
    folder: Path, tmp_path: Path
) -> None:
    words = ("--models", "identity", "--dataset", _set(folder, tmp_path / "set"))
    result = _bench("run", "--protocol", "classic/ganilla", *words)
    assert result.exit_code == 2
    assert "content-classifier needs a card of a content classifier" in result.stderr
    assert "ATLAS_CONTENT_CLASSIFIER=FILE" in result.stderr
    assert "bench classifier card --help" in result.stderr


def test_a_source_without_a_class_costs_the_content_score_and_is_said(
    folder: Path, cards: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, file = _set(folder, tmp_path / "set"), tmp_path / "content.toml"
    shutil.copytree(folder, tmp_path / "some")
    (tmp_path / "some" / "red" / "0.png").unlink()
    made = _bench(
        "classifier", "card", cards("content"), "--sources", tmp_path / "some", "--out", file
    )
    assert made.exit_code == 0, made.stderr
    monkeypatch.setenv("ATLAS_CONTENT_CLASSIFIER", str(file))
    words = (
        "--models",
        "identity",
        "--dataset",
        root,
        "--metrics",
        "content-classifier,kid-texture",
    )
    assert _bench("run", *words).exit_code == 0
    (record,) = read_all([tmp_path / "home" / "results"])
    assert {"kid-texture"} == {score["metric"] for score in record.scores}
    assert any("no content-classifier: the classifier's card has" in w for w in record.warnings)


def test_cards_of_classifiers_are_checked(
    folder: Path, cards: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, file = cards("style"), tmp_path / "card.toml"
    neither = _bench("classifier", "card", weights, "--out", file)
    assert neither.exit_code == 2
    unknown = _bench("classifier", "card", weights, "--label", "green", "--out", file)
    assert "its classes: blue, red" in unknown.stderr
    assert _bench("classifier", "card", weights, "--label", "red", "--out", file).exit_code == 0
    root = _set(folder, tmp_path / "set")

    def measured(kind: str) -> Result:
        monkeypatch.setenv(f"ATLAS_{kind.upper()}_CLASSIFIER", str(file))
        words = ("--models", "identity", "--dataset", root, "--metrics", f"{kind}-classifier")
        return _bench("run", *words)

    assert "is a style classifier, no content-classifier" in measured("content").stderr
    weights.write_bytes(weights.read_bytes() + b" ")
    assert "is not the file that" in measured("style").stderr
    file.write_text('weights = "x"\n')
    assert "is no card of a classifier" in measured("style").stderr


def test_one_picture_in_two_classes_is_refused(
    folder: Path, cards: Callable[[str], Path], tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "twice")
    shutil.copy(folder / "red" / "0.png", tmp_path / "twice" / "blue" / "9.png")
    words = ("--sources", tmp_path / "twice", "--out", tmp_path / "c.toml")
    result = _bench("classifier", "card", cards("content"), *words)
    assert result.exit_code == 2
    assert "lies in 'blue' too" in result.stderr


@pytest.mark.parametrize("spoil", ["nothing", "architecture"])
def test_a_file_that_is_no_classifier_is_refused(
    trained: Classifier, tmp_path: Path, spoil: str
) -> None:
    path = tmp_path / "c.safetensors"
    if spoil == "nothing":
        path.write_bytes(b"x" * 100)
    else:
        other = Recipe(**{**{f: getattr(SMALL, f) for f in SMALL.__slots__}, "architecture": "os"})
        save(Classifier(module=trained.module, recipe=other, classes=("a", "b")), path)
    with pytest.raises(AtlasError, match="is no classifier"):
        load(path)


@pytest.mark.parametrize("folders", [(), ("one",)])
def test_too_few_classes_are_said(tmp_path: Path, folders: tuple[str, ...]) -> None:
    make: Callable[[Path], None] = lambda p: Image.new("RGB", (30, 30)).save(p)  # noqa: E731
    for label in folders:
        (tmp_path / label).mkdir()
        make(tmp_path / label / "0.png")
    result = _bench("classifier", "train", "style", tmp_path, "--out", tmp_path / "c.st")
    assert result.exit_code == 2
    assert ("one class" if folders else "no folders with pictures") in result.stderr
