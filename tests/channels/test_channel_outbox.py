"""The outbox folder: twice is once, and a crash leaves nothing half-written."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ninefold.base import Error, stable_key
from ninefold.channels import Content, Delivered, Failed, Message, Outbox, OutboxSettings, Retry

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def message(number: int, body: str = "Hello") -> Message:
    return Message(
        key=stable_key("m", number),
        to=f"p_{number}",
        campaign="spring",
        person=f"p_{number}",
        content=Content(subject="Hi", body=body),
    )


def outbox(folder: Path) -> Outbox:
    return Outbox("dev", OutboxSettings(), folder=folder)


def test_a_message_is_a_readable_file(tmp_path: Path) -> None:
    channel = outbox(tmp_path)
    (outcome,) = channel.deliver([message(1, "你好")], now=NOW)
    assert isinstance(outcome, Delivered)
    facts = json.loads((channel.folder / outcome.reference).read_text(encoding="utf-8"))
    assert facts == {
        "key": stable_key("m", 1),
        "campaign": "spring",
        "person": "p_1",
        "to": "p_1",
        "written_at": "2026-06-01T08:00:00+00:00",
        "subject": "Hi",
        "body": "你好",
        "format": "text",
    }


def test_twice_is_once(tmp_path: Path) -> None:
    batch = [message(n) for n in range(20)]
    outbox(tmp_path).deliver(batch, now=NOW)
    channel = outbox(tmp_path)
    changed = [message(n, "changed") for n in range(25)]
    assert all(isinstance(outcome, Delivered) for outcome in channel.deliver([*changed, changed[0]], now=NOW))
    files = list(channel.folder.glob("messages/*/*"))
    assert len(files) == 25
    doubled = channel.deliver([message(30), message(30, "other")], now=NOW)
    assert doubled[0] == doubled[1]
    assert sum("changed" in file.read_text() for file in files) == 5
    assert [entry["key"] for entry in channel.read()] == [stable_key("m", n) for n in (*range(25), 30)]


def test_the_index_is_mended_from_the_files(tmp_path: Path) -> None:
    channel = outbox(tmp_path)
    channel.deliver([message(n) for n in range(5)], now=NOW)
    index = channel.folder / "index.jsonl"
    index.write_text(index.read_text()[:-20], encoding="utf-8")  # died while writing the last line
    assert len(list(channel.read())) == 4
    assert {entry["key"] for entry in outbox(tmp_path).read()} == {stable_key("m", n) for n in range(5)}
    index.unlink()
    assert len(list(outbox(tmp_path).read())) == 5


def test_files_left_aside_by_a_crash_are_not_messages(tmp_path: Path) -> None:
    channel = outbox(tmp_path)
    aside = channel.folder / "messages" / "ab" / "abc.1.tmp"
    aside.parent.mkdir()
    aside.write_text("{half", encoding="utf-8")
    again = outbox(tmp_path)
    assert list(again.read()) == []


def test_a_key_that_is_a_path_is_refused(tmp_path: Path) -> None:
    channel = outbox(tmp_path)
    bad = Message(key="../../evil", to="x", content=Content(body="x"))
    good, evil = channel.deliver([message(1), bad], now=NOW)
    assert isinstance(good, Delivered)
    assert isinstance(evil, Failed)
    assert [p.name for p in tmp_path.iterdir()] == ["dev"]


def test_json_content_and_an_unwritable_folder(tmp_path: Path) -> None:
    channel = outbox(tmp_path)
    (outcome,) = channel.deliver([Message(key="k", to="x", content=Content(payload={"a": 1}))], now=NOW)
    assert isinstance(outcome, Delivered)
    assert json.loads((channel.folder / outcome.reference).read_text())["json"] == {"a": 1}
    blocked = channel.folder / "messages" / stable_key("m", 7)[:2]
    blocked.write_text("a file where a folder should be", encoding="utf-8")
    assert isinstance(channel.deliver([message(7)], now=NOW)[0], Retry)
    with pytest.raises(Error, match="cannot write"):
        Outbox("x", OutboxSettings(), folder=blocked)
