"""Downloads are verified, resumed and mirrored; a wrong file never takes a good one's place."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.download import fetch, unpack
from data.errors import AtlasError, NetworkProblem

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
REFUSED = "http://127.0.0.1:9/file.bin"  # the discard port: nothing listens


def test_a_file_arrives_and_reports_its_progress(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    server.content = CONTENT
    seen: list[tuple[int, int | None]] = []
    path = fetch(
        [server.address], tmp_path / "f", sha256=SHA256, report=lambda *now: seen.append(now)
    )
    assert path.read_bytes() == CONTENT
    assert (len(CONTENT), len(CONTENT)) == seen[-1]


def test_a_cut_download_goes_on_where_it_stopped(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    server.content, server.cut_after = CONTENT, 300_000
    with pytest.raises(NetworkProblem, match="could not be downloaded"):
        fetch([server.address], tmp_path / "f", sha256=SHA256)
    assert not (tmp_path / "f").exists()
    begun = (tmp_path / "f.part").stat().st_size
    assert 0 < begun < len(CONTENT)
    fetch([server.address], tmp_path / "f", sha256=SHA256)
    assert [None, f"bytes={begun}-"] == server.asked
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_that_ignores_ranges_is_read_from_the_start(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    server.content, server.honours_range = CONTENT, False
    (tmp_path / "f.part").write_bytes(b"other beginning")
    fetch([server.address], tmp_path / "f", sha256=SHA256)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_wrong_file_never_replaces_a_good_one(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    server.content = b"something else"
    target = tmp_path / "f"
    target.write_bytes(b"older release")
    with pytest.raises(AtlasError, match="is another file"):
        fetch([server.address], target, sha256=SHA256)
    assert target.read_bytes() == b"older release"
    assert not (tmp_path / "f.part").exists()


@pytest.mark.parametrize("length", [300_000, len(CONTENT), len(CONTENT) + 5])
def test_a_foreign_part_is_thrown_away_and_the_file_still_arrives(
    tmp_path: Path,
    server,  # type: ignore[no-untyped-def]
    length: int,
) -> None:
    server.content = CONTENT
    (tmp_path / "f.part").write_bytes(b"x" * length)
    fetch([server.address], tmp_path / "f", sha256=SHA256, size=len(CONTENT))
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_complete_part_needs_no_request(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "f.part").write_bytes(CONTENT)
    fetch([server.address], tmp_path / "f", sha256=SHA256)
    assert server.asked == []
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_page_in_place_of_the_file_is_told_by_its_length(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    server.content = b"<html>log in first"
    with pytest.raises(AtlasError, match="18 bytes are another file"):
        fetch([server.address], tmp_path / "f", sha256=SHA256, size=len(CONTENT))
    assert not (tmp_path / "f.part").exists()


def test_the_next_mirror_is_asked(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    server.content = CONTENT
    fetch([REFUSED, server.address], tmp_path / "f", sha256=SHA256)
    assert len(server.asked) == 1


def test_no_network_names_file_size_and_address(tmp_path: Path) -> None:
    with pytest.raises(NetworkProblem) as problem:
        fetch([REFUSED], tmp_path / "weights.bin", sha256=SHA256, size=len(CONTENT))
    assert problem.value.exit_code == 4
    for part in ("weights.bin", "1.0 MB", REFUSED, "cannot connect"):
        assert part in problem.value.message
    assert str(tmp_path / "weights.bin") in str(problem.value.hint)


def test_a_good_file_is_kept_without_a_request(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "f").write_bytes(CONTENT)
    fetch([server.address], tmp_path / "f", sha256=SHA256)
    assert server.asked == []


def test_two_at_once_make_one_download(tmp_path: Path, server) -> None:  # type: ignore[no-untyped-def]
    server.content = CONTENT
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(fetch, [server.address], tmp_path / "f", sha256=SHA256) for _ in "ab"]
        assert [tmp_path / "f"] * 2 == [job.result() for job in jobs]
    assert len(server.asked) == 1


def _tar(path: Path, name: str, link: str | None = None) -> Path:
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 0 if link else 4
        if link:
            member.type, member.linkname = tarfile.SYMTYPE, link
        tar.addfile(member, io.BytesIO(b"evil"))
    return path


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt"])
def test_a_tar_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(AtlasError, match="cannot be unpacked safely"):
        unpack(_tar(tmp_path / "a.tar", name), tmp_path / "in" / "set")
    assert not list(tmp_path.rglob("out.txt"))
    assert not (tmp_path / "in" / "set").exists()


def test_a_link_out_of_a_tar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="cannot be unpacked safely"):
        unpack(_tar(tmp_path / "a.tar", "link", link="/etc/passwd"), tmp_path / "set")


def test_a_zip_cannot_leave_its_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("../out.txt", "evil")
    with pytest.raises(AtlasError, match="would leave the folder"):
        unpack(tmp_path / "a.zip", tmp_path / "in" / "set")
    assert not list(tmp_path.rglob("out.txt"))


def test_an_archive_of_one_folder_stands_for_that_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("facades/train/1.txt", "x")
    assert [p.name for p in unpack(tmp_path / "a.zip", tmp_path / "set").iterdir()] == ["train"]
