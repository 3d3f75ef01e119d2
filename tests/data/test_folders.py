"""The three layouts are found by looking, and what is wrong with a folder is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import BadImage, UsageProblem
from data.folders import find_layout


def test_train_and_test_folders_by_domain(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("trainA/1.png", "trainA/2.png", "trainB/9.png", "testA/3.png", "testB/4.png"):
        paint(name)
    layout = find_layout(tmp_path)
    assert (layout.kind, layout.paired) == ("unpaired", False)
    assert list(layout.splits) == ["train", "test"]
    assert [ref.id for ref in layout.splits["train"].a] == ["1", "2"]


def test_true_answers_stand_in_the_order_of_their_sources(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("testA/b.png", "testA/a.png", "testB/x.png", "testT/a.png", "testT/b.png"):
        paint(name)
    truths = find_layout(tmp_path).splits["test"].truths
    assert truths is not None
    assert [str(ref.path.relative_to(tmp_path)) for ref in truths] == ["testT/a.png", "testT/b.png"]


def test_pairs_side_by_side_are_split_in_the_middle(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    path = paint("test/1.png", size=(4, 8))
    split = find_layout(tmp_path).splits["test"]
    whole = split.a[0].__class__("1", path).read()
    assert (whole[:, :4] == split.a[0].read()).all()
    assert (whole[:, 4:] == split.b[0].read()).all()


def test_two_folders_are_pairs_when_their_names_match(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("photos/1.png", "photos/2.png", "drawings/1.png", "drawings/2.png"):
        paint(name)
    layout = find_layout(tmp_path)
    assert (layout.kind, layout.paired) == ("two-folders", True)
    assert layout.domains == ("drawings", "photos")


def test_target_is_never_taken_for_the_source(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("source/1.png")
    paint("output/1.png")
    assert find_layout(tmp_path).domains == ("source", "output")


def test_an_empty_folder_says_so_and_names_the_layouts(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="it is empty") as problem:
        find_layout(tmp_path)
    assert "trainA/ trainB/" in str(problem.value.hint)


def test_loose_pictures_are_no_layout(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("1.png")
    with pytest.raises(UsageProblem, match="1 loose pictures"):
        find_layout(tmp_path)


def test_pairs_that_do_not_match_are_named(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("A/1.png", "A/2.png", "A/3.png", "B/1.png", "B/2.png", "B/4.png"):
        paint(name)
    with pytest.raises(UsageProblem, match=r"pairs do not match .* 3, 4 have no partner"):
        find_layout(tmp_path)


def test_a_narrow_file_is_no_pair(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("train/1.png", size=(8, 5))
    with pytest.raises(UsageProblem, match="5×8: too narrow"):
        find_layout(tmp_path)


def test_a_domain_without_the_other_is_an_error(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("trainA/1.png")
    with pytest.raises(UsageProblem, match="trainA or trainB but not both"):
        find_layout(tmp_path)


def test_domains_in_capitals_are_domains(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("TestA/1.png", "TestB/2.png"):
        paint(name)
    assert find_layout(tmp_path).kind == "unpaired"


def test_target_folders_alone_are_no_data_set(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("trainB/1.png", "testB/1.png"):
        paint(name)
    with pytest.raises(UsageProblem, match="trainA or trainB but not both"):
        find_layout(tmp_path)


def test_an_empty_split_does_not_stand_in_the_way_of_another(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("testA/1.png", "testB/2.png"):
        paint(name)
    for name in ("trainA", "trainB"):
        (tmp_path / name).mkdir()
    assert list(find_layout(tmp_path).splits) == ["test"]


def test_a_smaller_folder_whose_names_all_match_is_a_broken_pairing(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("A/1.png", "A/2.png", "A/3.png", "A/4.png", "B/1.png"):
        paint(name)
    with pytest.raises(UsageProblem, match="2, 3, 4 have no partner") as problem:
        find_layout(tmp_path)
    assert "testA/ and testB/" in str(problem.value.hint)


def test_two_files_of_one_name_in_a_paired_set_are_named(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for name in ("A/1.png", "A/1.bmp", "B/1.png"):
        paint(name)
    with pytest.raises(UsageProblem, match=r"1\.bmp and 1\.png have one name"):
        find_layout(tmp_path)


def test_a_file_that_is_no_pair_among_pairs_is_unreadable(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("test/1.png", size=(4, 8))
    paint("test/2.png", size=(1, 1))
    paint("test/3.png", size=(4, 9))
    _, dot, odd = find_layout(tmp_path).splits["test"].a
    for ref in (dot, odd):
        with pytest.raises(BadImage, match=r"no A\|B pair"):
            ref.read()


def test_square_photographs_are_not_cut_in_half(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("test/1.png", size=(8, 8))
    with pytest.raises(UsageProblem, match="8×8: too narrow"):
        find_layout(tmp_path)
