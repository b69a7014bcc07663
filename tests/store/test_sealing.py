"""Secrets at rest: sealed under keys that are not in the database."""

import base64
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.store import Seal

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()


@given(st.text(min_size=1), st.text())
def test_what_is_sealed_opens_again_and_only_for_what_it_is_about(secret: str, about: str) -> None:
    seal = Seal(Path("unused"), keys=KEY)
    kept = seal.close(secret, about=about)
    assert kept.isascii()
    assert kept != seal.close(secret, about=about), "equal secrets do not look equal"
    assert seal.open(kept, about=about) == secret
    with pytest.raises(Error, match="was changed"):
        seal.open(kept, about=about + "x")


def test_a_changed_value_does_not_open() -> None:
    seal = Seal(Path("unused"), keys=KEY)
    kept = seal.close("whsec_secret", about="webhook/crm")
    for bad in (kept[:-6] + "AAAAA=", kept[:-4], kept + "!", kept.rpartition(":")[0] + ":"):
        with pytest.raises(Error) as caught:
            seal.open(bad, about="webhook/crm")
        assert caught.value.code == "seal_broken"


def test_the_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secrets.key"
    seals = [Seal(file) for _ in range(8)]
    kept: list[str] = []
    threads = [threading.Thread(target=lambda one=one: kept.append(one.close("s", about="a"))) for one in seals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {Seal(file).open(one, about="a") for one in kept} == {"s"}, "all sealed under the same key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_new_key_seals_and_old_ones_still_open(tmp_path: Path) -> None:
    file = tmp_path / "secrets.key"
    here, there = Seal(file), Seal(file)
    old = here.close("s", about="a")
    assert not here.stale(old)
    here.rotate()
    assert here.stale(old)
    assert here.stale("clear"), "what was never sealed"
    assert not here.stale("")
    fresh = here.close("s", about="a")
    assert not here.stale(fresh)
    assert there.open(fresh, about="a") == "s", "a process that had read the keys before reads them again"
    assert Seal(file).open(old, about="a") == "s"


def test_keys_of_the_setting_replace_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.key"
    old = Seal(file, keys=KEY).close("s", about="a")
    both = Seal(file, keys=f"{OTHER},{KEY}")
    assert both.open(old, about="a") == "s"
    assert both.stale(old)
    with pytest.raises(Error) as caught:
        Seal(file, keys=OTHER).open(old, about="a")
    assert caught.value.code == "no_secret_key"
    with pytest.raises(Error) as caught:
        both.rotate()
    assert caught.value.code == "secret_keys_set"
    assert not file.exists()
    with pytest.raises(Error, match="key 2 of the setting") as caught:
        Seal(file, keys=f"{KEY},hush")
    assert "hush" not in str(caught.value)


def test_what_was_stored_clear_is_given_as_it_stands(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "secrets.key")
    assert seal.open("whsec_old", about="a") == "whsec_old"
    assert seal.close("", about="a") == ""
    assert seal.open("", about="a") == ""
    assert not (tmp_path / "secrets.key").exists(), "no secret, no key"
