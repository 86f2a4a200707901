"""Files are whole or absent, one by one and many at a time."""

from contextlib import suppress
from pathlib import Path

from orchestration.landing import files


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_many_files_appear_together_when_all_are_written(tmp_path: Path) -> None:
    with files.whole_files() as write:
        for number in range(40):
            write(tmp_path / str(number % 3) / f"{number}", b"%d" % number)
        assert not [name for name in everything(tmp_path) if not name.endswith(files.BESIDE)]
    assert everything(tmp_path) == {f"{number % 3}/{number}": b"%d" % number for number in range(40)}


def test_of_files_that_were_not_all_written_none_appears(tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), files.whole_files() as write:
        write(tmp_path / "one", b"1")
        raise KeyboardInterrupt
    with suppress(ZeroDivisionError), files.whole_file(tmp_path / "two") as beside:
        beside.write_bytes(b"%d" % (1 // 0))
    assert everything(tmp_path) == {}


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "one", b"old")
    with files.whole_file(tmp_path / "one") as beside:
        beside.write_bytes(b"new")
        assert (tmp_path / "one").read_bytes() == b"old"
    assert everything(tmp_path) == {"one": b"new"}


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / f".one{files.BESIDE}").write_bytes(b"ha")
    assert [path.name for path in files.sweep(tmp_path)] == [f".one{files.BESIDE}"]
    assert everything(tmp_path) == {}


def test_a_folder_appears_whole_or_not_at_all_and_a_killed_one_is_swept(tmp_path: Path) -> None:
    with files.whole_folder(tmp_path / "one") as beside:
        (beside / "a").write_bytes(b"1")
        assert not (tmp_path / "one").exists()
    with suppress(ZeroDivisionError), files.whole_folder(tmp_path / "two") as beside:
        (beside / "a").write_bytes(b"%d" % (1 // 0))
    assert everything(tmp_path) == {"one/a": b"1"}
    killed = tmp_path / "deep" / f".three{files.BESIDE}"
    killed.mkdir(parents=True)
    (killed / f".a{files.BESIDE}").write_bytes(b"ha")
    assert killed in files.sweep(tmp_path)
    assert not killed.exists()


def test_a_link_moves_from_folder_to_folder_in_one_step(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
        files.point(tmp_path / "link", tmp_path / name)
        assert (tmp_path / "link" / "a").read_text() == name
    assert {path.name for path in tmp_path.iterdir()} == {"link", "old", "new"}
