"""The embedded PostgreSQL: it survives every death of its holder, leaves nothing running, and starts anywhere."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from ninefold.base import Error, Kind
from ninefold.store import DataFolder, EmbeddedPostgres, Records
from tests.support.processes import Child, Outlet, alive, become, call, eventually

NOBODY = 65534


def keep(server: EmbeddedPostgres, number: int) -> None:
    with psycopg.connect(server.url) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        conn.execute("INSERT INTO kept VALUES (%s)", (number,))


def kept(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.url) as conn:
        return [row[0] for row in conn.execute("SELECT n FROM kept ORDER BY n")]


def running(folder: Path) -> list[int]:
    """Processes of PostgreSQL on a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(folder) in words and alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def serve(outlet: Outlet, data: Path) -> None:
    lock = DataFolder.hold(data, holder="ninefold serve")
    server = EmbeddedPostgres(data / "records")
    keep(server, 1)
    outlet.say((server.pid, server._watcher.pid))
    outlet.wait()
    server.stop()
    lock.release()


def test_data_outlive_the_server_and_stopping_leaves_nothing(tmp_path: Path) -> None:
    for round_ in range(2):
        server = EmbeddedPostgres(tmp_path / "records")
        assert running(tmp_path / "records")
        keep(server, round_)
        sockets = server._sockets
        server.stop()
        server.stop()
        assert not server.alive
        assert running(tmp_path / "records") == []
        assert not sockets.exists()
    server = EmbeddedPostgres(tmp_path / "records")
    assert kept(server) == [0, 1]
    server.stop()


def test_it_is_durable_utf8_and_lives_in_utc(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    with psycopg.connect(server.url) as conn:
        for name, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "listen_addresses": "",
        }.items():
            found = conn.execute(f"SHOW {name}").fetchone()
            assert found == (value,), name
        assert conn.execute("SELECT lower('ÀÉ'), 'Z' < 'a'").fetchone() == ("àé", True)
    server.stop()


def test_two_servers_live_side_by_side(template: Path, tmp_path: Path) -> None:
    servers = []
    for name in ("one", "two"):
        subprocess.run(["cp", "-a", template, tmp_path / name], check=True)
        servers.append(EmbeddedPostgres(tmp_path / name))
    for number, server in enumerate(servers):
        keep(server, number)
    assert [kept(server) for server in servers] == [[0], [1]]
    servers[0].stop()
    assert kept(servers[1]) == [1]
    servers[1].stop()


@pytest.mark.parametrize("name", ["客户 数据 ünï quote'\"$(x)`,;%20#?", "deep/" + "d" * 120 + "/" + "e" * 120])
def test_any_path_will_do(template: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)
    place = tmp_path / name / "records"
    subprocess.run(["cp", "-a", template, place], check=True)
    server = EmbeddedPostgres(place)
    keep(server, 5)
    address = server.ensure_database('brand\'s "data" 客户')
    records = Records(address)
    with records.begin() as conn:
        assert conn.scalar(sa.text("SELECT current_database()")) == 'brand\'s "data" 客户'
    records.close()
    server.stop()
    assert running(place) == []


def test_a_killed_holder_takes_its_server_along(folder: Path, tmp_path: Path) -> None:
    child = Child(serve, tmp_path)
    pid, watcher = child.receive()
    child.kill()
    assert eventually(lambda: not alive(pid) and not alive(watcher))
    lock = DataFolder.hold(tmp_path, holder="next")
    server = EmbeddedPostgres(folder)
    assert kept(server) == [1]
    server.stop()
    lock.release()


def test_an_orphan_is_taken_over_with_its_data_and_stopped_at_the_end(folder: Path, tmp_path: Path) -> None:
    child = Child(serve, tmp_path)
    pid, watcher = child.receive()
    os.kill(watcher, signal.SIGKILL)
    child.kill()
    assert alive(pid), "without its watcher the server stays"
    server = EmbeddedPostgres(tmp_path / "records")
    assert not alive(pid)
    assert kept(server) == [1]
    server.stop()
    assert running(tmp_path / "records") == []


def test_it_starts_after_the_server_itself_was_killed(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    keep(server, 3)
    records = Records(server.url)
    records.ping()
    os.kill(server.pid, signal.SIGKILL)
    assert eventually(lambda: not server.alive)
    with pytest.raises(Error) as away:
        records.ping()
    assert away.value.kind is Kind.UNAVAILABLE
    records.close()
    server.stop()
    again = EmbeddedPostgres(folder)
    assert kept(again) == [3]
    again.stop()


@pytest.mark.parametrize("case", ["somebody else's number", "dead number", "empty", "torn", "no number"])
def test_a_lock_file_left_by_a_power_cut_does_no_harm(folder: Path, case: str) -> None:
    lines = {
        "somebody else's number": f"{os.getpid()}\n{folder}\n1700000000\n5432\n/tmp\n\n  1234  5678\nready   \n",
        "dead number": f"4194000\n{folder}\n1700000000\n5432\n/tmp\n\n  1234  5678\nready   \n",
        "empty": "",
        "torn": f"{os.getpid()}\n{folder}",
        "no number": "\0\0\0\0\0",
    }[case]
    (folder / "postmaster.pid").write_text(lines)
    server = EmbeddedPostgres(folder)
    keep(server, 1)
    assert kept(server) == [1]
    server.stop()


def test_a_start_that_was_killed_half_way_is_begun_anew(tmp_path: Path) -> None:
    draft = tmp_path / "records.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    (tmp_path / "records").mkdir()
    server = EmbeddedPostgres(tmp_path / "records")
    keep(server, 1)
    server.stop()
    assert not draft.exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "thesis.txt").write_text("years of work")
    with pytest.raises(Error) as foreign:
        EmbeddedPostgres(tmp_path / "records")
    assert foreign.value.code == "records_not_empty"
    assert (tmp_path / "records" / "thesis.txt").read_text() == "years of work"


def test_data_of_another_version_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("12\n")
    with pytest.raises(Error) as other:
        EmbeddedPostgres(tmp_path)
    assert other.value.code == "records_version"
    assert "PostgreSQL 12" in other.value.message


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    with pytest.raises(Error) as wrong:
        EmbeddedPostgres(folder, settings={"shared_buffers": "never"})
    assert wrong.value.code == "records_not_started"
    assert "shared_buffers" in wrong.value.hint
    assert running(folder) == []
    EmbeddedPostgres(folder).stop()


def hostile(outlet: Outlet, data: Path) -> list[int]:
    deep = data / ("t" * 100)
    deep.mkdir()
    os.environ.update(PGPORT="1", PGHOST="nowhere", PGOPTIONS="-c fsync=off", PGDATA="/nowhere", LC_ALL="xx_YY.UTF-8",
                      LANG="de_DE.UTF-8", TZ="Asia/Shanghai", TMPDIR=str(deep))  # fmt: skip
    server = EmbeddedPostgres(data / "records")
    keep(server, 4)
    found = kept(server)
    server.stop()
    return found


def test_the_environment_does_not_lead_it_astray(folder: Path, tmp_path: Path) -> None:
    assert call(hostile, tmp_path) == [4]


def fork(outlet: Outlet, data: Path) -> bool:
    server = EmbeddedPostgres(data / "records")
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)
    keep(server, 1)
    found = server.alive
    server.stop()
    return found


def test_a_forked_child_does_not_stop_its_parents_server(folder: Path, tmp_path: Path) -> None:
    assert call(fork, tmp_path)


def test_the_log_holds_nothing_of_what_stands_in_rows(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute("CREATE TABLE people (email text PRIMARY KEY)")
        conn.execute("INSERT INTO people VALUES ('ann@example.com')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("INSERT INTO people VALUES ('ann@example.com')")
    server.stop()
    log = folder.with_name("records.log").read_text()
    assert "ready to accept connections" in log
    assert "example.com" not in log


def as_user(outlet: Outlet, uid: int, data: Path) -> list[int]:
    become(uid)
    server = EmbeddedPostgres(data / "records")
    keep(server, 9)
    found = kept(server)
    server.stop()
    return found


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Path]:
    """A folder of an ordinary account, in a place it can reach."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    probe = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "test", "-r", psycopg.__file__]
    if not shutil.which("setpriv") or subprocess.run(probe, check=False).returncode:
        pytest.skip("an ordinary account cannot read this checkout")
    place = Path("/tmp") / f"ninefold-user-{os.getpid()}"
    place.mkdir(mode=0o700)
    os.chown(place, NOBODY, NOBODY)
    yield place
    shutil.rmtree(place)


def test_a_normal_user_runs_it_too_and_root_goes_on_with_the_folder(theirs: Path) -> None:
    assert call(as_user, NOBODY, theirs) == [9]
    server = EmbeddedPostgres(theirs / "records")  # as root, under the account that owns the data
    assert kept(server) == [9]
    server.stop()
    assert call(as_user, NOBODY, theirs) == [9, 9]


def test_a_folder_one_may_not_write_is_an_error_with_words(theirs: Path) -> None:
    theirs.chmod(0o555)
    with pytest.raises(Error) as refused:
        call(as_user, NOBODY, theirs)
    assert refused.value.code == "records_not_started"
    assert str(theirs) in refused.value.message
