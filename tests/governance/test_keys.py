"""Keys open what they should, for as long as they should."""

import pytest

from ninefold.base import Error, FixedClock, Kind
from ninefold.governance import Keys
from ninefold.store import Records


@pytest.fixture
def keys(records: Records, clock: FixedClock) -> Keys:
    return Keys(records, clock)


def test_a_write_key_names_its_source(keys: Keys) -> None:
    secret = keys.issue("write", "shop", channel="web")
    source = keys.source_of(secret)
    assert source is not None
    assert (source.key, source.channel) == ("shop", "web")
    assert keys.source_of("nfw_wrong") is None
    assert keys.principal_of(secret) is None


def test_a_token_is_stored_only_as_a_hash(keys: Keys) -> None:
    token = keys.issue("token", "crm")
    principal = keys.principal_of(token)
    assert principal is not None
    assert principal.name == "crm"
    assert all(token not in key.shown for key in keys.list())


def test_a_revoked_key_opens_nothing_and_its_name_is_free(keys: Keys) -> None:
    secret = keys.issue("write", "shop")
    keys.revoke(keys.list()[0].id)
    assert keys.source_of(secret) is None
    assert keys.issue("write", "shop") != secret
    with pytest.raises(Error) as gone:
        keys.revoke(10_000)
    assert gone.value.kind is Kind.MISSING


def test_two_living_keys_cannot_share_a_name(keys: Keys) -> None:
    keys.issue("token", "crm")
    with pytest.raises(Error) as taken:
        keys.issue("token", "crm")
    assert taken.value.kind is Kind.CONFLICT


def test_ensure_gives_the_same_key_again(keys: Keys) -> None:
    assert keys.ensure_write_key("shop") == keys.ensure_write_key("shop")
    assert keys.ensure_write_key("pos", secret="nfw_known") == "nfw_known"


@pytest.mark.parametrize("hostile", ["", " ", "\ud800", "é" * 5000, "' OR 1=1 --"])
def test_hostile_secrets_are_simply_unknown(keys: Keys, hostile: str) -> None:
    assert keys.principal_of(hostile) is None
    assert keys.source_of(hostile) is None
