"""The data folder: one holder at a time, named to whoever comes second, free when the holder dies."""

import os
import stat
from pathlib import Path

import pytest

from ninefold.base import Error, Kind
from ninefold.store import DataFolder, running_server
from tests.support.processes import Child, Outlet, become, call


def hold(outlet: Outlet, path: Path, url: str = "") -> None:
    folder = DataFolder.hold(path, holder="ninefold serve")
    if url:
        folder.announce("ninefold serve", url=url)
    outlet.say(os.getpid())
    outlet.wait()
    folder.release()


def hold_as(outlet: Outlet, uid: int, path: Path) -> None:
    become(uid)
    DataFolder.hold(path, holder="somebody").release()


def test_the_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    holder = Child(hold, tmp_path, "http://127.0.0.1:8009")
    pid = holder.receive()
    with pytest.raises(Error) as used:
        DataFolder.hold(tmp_path, holder="ninefold import")
    assert used.value.kind is Kind.CONFLICT
    assert used.value.code == "folder_in_use"
    assert used.value.retryable
    for word in (str(tmp_path), "ninefold serve", "http://127.0.0.1:8009", f"process {pid}"):
        assert word in str(used.value)
    assert running_server(tmp_path) == "http://127.0.0.1:8009"
    holder.kill()


def test_a_killed_holder_leaves_the_folder_free(tmp_path: Path) -> None:
    holder = Child(hold, tmp_path, "http://127.0.0.1:1")
    holder.receive()
    holder.kill()
    assert running_server(tmp_path) == ""
    DataFolder.hold(tmp_path, holder="next").release()


def test_a_released_folder_is_free_and_releasing_twice_is_harmless(tmp_path: Path) -> None:
    for _ in range(2):
        folder = DataFolder.hold(tmp_path / "new" / "folder", holder="me")
        folder.release()
        folder.release()
    assert running_server(tmp_path / "new" / "folder") == ""
    assert running_server(tmp_path / "nothing") == ""


def test_looking_whether_a_server_runs_does_not_keep_one_from_starting(tmp_path: Path) -> None:
    looker = Child(look_often, tmp_path)
    looker.receive()
    for _ in range(50):
        DataFolder.hold(tmp_path, holder="server").release()
    looker.kill()


def look_often(outlet: Outlet, path: Path) -> None:
    outlet.say("looking")
    while True:
        running_server(path)


def test_a_torn_lock_file_still_gives_a_message(tmp_path: Path) -> None:
    holder = Child(hold, tmp_path)
    holder.receive()
    for text in ("", "{", "[1]", "\udcff"):
        (tmp_path / "ninefold.lock").write_text(text, encoding="utf-8", errors="surrogateescape")
        with pytest.raises(Error, match="in use by"):
            DataFolder.hold(tmp_path, holder="second")
        assert running_server(tmp_path) == ""
    holder.kill()


def test_a_new_folder_is_nobody_elses_to_read(tmp_path: Path) -> None:
    DataFolder.hold(tmp_path / "data", holder="me").release()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_place_that_cannot_be_written_is_an_error_with_words() -> None:
    with pytest.raises(Error) as wrong:
        DataFolder.hold(Path("/proc/ninefold"), holder="me")
    assert wrong.value.code == "folder_unwritable"
    assert "/proc/ninefold" in str(wrong.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_normal_user_in_roots_folder_gets_words(tmp_path: Path) -> None:
    with pytest.raises(Error) as wrong:
        call(hold_as, 65534, tmp_path / "not mine")
    assert wrong.value.code == "folder_unwritable"
