"""Reading raw values, and reading the rules document."""

import doctest
import importlib
from collections.abc import Mapping

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ninefold.base import Error
from ninefold.identity import DEFAULT_DOCUMENT, DEFAULT_RULES, Identity, Refused, normalise, parse_rules
from ninefold.store import Records, put_definition
from tests.identity.batches import NOW


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("13812345601", "+8613812345601"),
        ("０１３８ 1234-5601", "+8613812345601"),
        (" +86 138 1234 5601\t", "+8613812345601"),
        ("008613812345601", "+8613812345601"),
        ("8613812345601", "+8613812345601"),
        ("13812345601.0", "+8613812345601"),
        ("tel:138-1234-5601", "+8613812345601"),
        ("138\u200b12345601", "+8613812345601"),
        ("010-62345678", "+861062345678"),
        ("（010）62345678", "+861062345678"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("0044 20 7946 0018", "+442079460018"),
        ("62345678", Refused.MALFORMED),  # which town?
        ("138****5601", Refused.MALFORMED),
        ("138xxxx5601", Refused.MALFORMED),
        ("1.3812E+10", Refused.MALFORMED),
        ("138123", Refused.MALFORMED),
        ("call me", Refused.MALFORMED),
        ("11111111111", Refused.BLOCKED),
        ("13800000000", Refused.BLOCKED),
        ("+86 13800138000", Refused.BLOCKED),
        ("0", Refused.BLOCKED),
        ("", Refused.EMPTY),
        ("1" * 300, Refused.TOO_LONG),
    ],
)
def test_phone(raw: str, stored: str | Refused) -> None:
    assert normalise("phone", raw, rules=DEFAULT_RULES) == stored


def test_phone_of_another_region() -> None:
    assert normalise("phone", "415 555 2671", rules=DEFAULT_RULES, region="US") == "+14155552671"
    assert normalise("phone", "13812345601", rules=DEFAULT_RULES, region="de") != "+8613812345601"
    assert normalise("phone", "+86 13812345601", rules=DEFAULT_RULES, region="de") == "+8613812345601"


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (" Ana@Example.COM ", "ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("ａｎａ＠example.com", "ana@example.com"),
        ('"Ana B." <ana@example.com>', "ana@example.com"),
        ("ana+shop@mail.example.co.uk", "ana+shop@mail.example.co.uk"),
        ("用户@例子.中国", "用户@例子.中国"),
        ("a***a@example.com", Refused.MALFORMED),
        ("ana@localhost", Refused.MALFORMED),
        ("ana..b@example.com", Refused.MALFORMED),
        ("ana@exa mple.com", Refused.MALFORMED),
        ("@example.com", Refused.MALFORMED),
        ("test@TEST.com", Refused.BLOCKED),
        ("no-reply@shop.example.com", Refused.BLOCKED),
        ("ana@example-.com", Refused.MALFORMED),
    ],
)
def test_email(raw: str, stored: str | Refused) -> None:
    assert normalise("email", raw, rules=DEFAULT_RULES) == stored


@pytest.mark.parametrize(
    ("namespace", "raw", "stored"),
    [
        ("device_id", "{6D92078A-8246-4BA4-AE5B-76104861E7DC}", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("device_id", "6D92078A82464BA4AE5B76104861E7DC", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("device_id", "A4:83:E7:00:11:22", "a4:83:e7:00:11:22"),
        ("device_id", "Kiosk-7", "Kiosk-7"),
        ("device_id", "00000000-0000-0000-0000-000000000000", Refused.BLOCKED),
        ("openid", " oAbC_1 ", "oAbC_1"),
        ("member_no", " vip０１ ", "VIP01"),
        ("user_id", "a\x00b", "ab"),
        ("user_id", "a\ud800b", "a\ufffdb"),
        ("user_id", "null", Refused.BLOCKED),
        ("user_id", "NaN", Refused.BLOCKED),
        ("user_id", "'undefined'", Refused.BLOCKED),
        ("user_id", "00000", Refused.BLOCKED),
        ("user_id", "匿名", Refused.BLOCKED),
        ("user_id", " \x00\u200b ", Refused.EMPTY),
        ("User_ID ", "x", "x"),
        ("no such name!", "x", Refused.MALFORMED),
        ("", "x", Refused.MALFORMED),
    ],
)
def test_others(namespace: str, raw: str, stored: str | Refused) -> None:
    assert normalise(namespace, raw, rules=DEFAULT_RULES) == stored


@given(namespace=st.sampled_from([*DEFAULT_RULES.namespaces, "other"]), raw=st.text(max_size=300))
def test_reading_twice_changes_nothing(namespace: str, raw: str) -> None:
    once = normalise(namespace, raw, rules=DEFAULT_RULES)
    if isinstance(once, str):
        assert normalise(namespace, once, rules=DEFAULT_RULES) == once
        assert once.isprintable()
        assert 0 < len(once) <= 255
        once.encode()


@given(raw=st.from_regex(r"\A[+ (0-9)-]{5,20}\Z") | st.from_regex(r"\A[A-Za-z0-9.+]{1,10}@[A-Za-z0-9.-]{3,20}\Z"))
def test_reading_phones_and_addresses_twice_changes_nothing(raw: str) -> None:
    for namespace in ("phone", "email"):
        once = normalise(namespace, raw, rules=DEFAULT_RULES)
        if isinstance(once, str):
            assert normalise(namespace, once, rules=DEFAULT_RULES) == once


def test_the_default_document_states_the_default_rules() -> None:
    assert parse_rules(DEFAULT_DOCUMENT) == DEFAULT_RULES
    phone, device, unknown = (DEFAULT_RULES.of(name) for name in ("phone", "device_id", "tiktok_id"))
    assert (phone.priority, phone.cap, phone.strong, phone.storm_limit) == (4, 3, True, 10)
    assert (device.priority, device.cap, device.strong, device.storm_limit) == (20, 50, False, 20)
    assert (unknown.name, unknown.priority, unknown.cap, unknown.strong) == ("tiktok_id", 15, 5, False)


def test_a_document_changes_only_what_it_says() -> None:
    rules = parse_rules(
        {
            "region": "de",
            "namespaces": {
                "phone": {"cap": 2},
                "loyalty_card": {"priority": 3, "strength": "strong", "blocked": {"patterns": ["9+"]}},
            },
        },
        version=4,
    )
    assert (rules.version, rules.region) == (4, "DE")
    assert (rules.of("phone").cap, rules.of("phone").normaliser) == (2, "phone")
    assert rules.of("email") == DEFAULT_RULES.of("email")
    assert normalise("loyalty_card", "9999", rules=rules) is Refused.BLOCKED
    assert normalise("phone", "030 901820", rules=rules) == "+4930901820"


@pytest.mark.parametrize(
    ("document", "field", "said"),
    [
        ({"namespace": {}}, "document.namespace", 'did you mean "namespaces"?'),
        ({"kind": "segment"}, "kind", "identity-rules"),
        ({"region": "China"}, "region", "two-letter"),
        ({"namespaces": {"phone": {"cap": 0}}}, "namespaces.phone.cap", "1 to"),
        ({"namespaces": {"phone": {"cap": True}}}, "namespaces.phone.cap", "whole number"),
        ({"namespaces": {"phone": {"prioritty": 1}}}, "namespaces.phone.prioritty", 'did you mean "priority"?'),
        ({"namespaces": {"phone": {"strength": "strnog"}}}, "namespaces.phone.strength", 'did you mean "strong"?'),
        ({"namespaces": {"phone": {"normaliser": "sms"}}}, "namespaces.phone.normaliser", "email"),
        ({"namespaces": {"phone": {"blocked": {"patterns": ["("]}}}}, "namespaces.phone.blocked.patterns", "regular"),
        ({"namespaces": {"phone": {"blocked": {"exact": "0"}}}}, "namespaces.phone.blocked.exact", "list"),
        ({"namespaces": {"My Id": {}}}, "namespaces.My Id", "lower-case"),
        ({"namespaces": []}, "namespaces", "mapping"),
        ({"identifiers_per_event": 11}, "identifiers_per_event", "at most 10"),
    ],
)
def test_a_wrong_document_is_refused_with_words(document: Mapping[str, object], field: str, said: str) -> None:
    with pytest.raises(Error) as wrong:
        parse_rules(document)
    assert wrong.value.field == field
    assert said in f"{wrong.value.allowed} {wrong.value.hint}"


def test_a_pattern_may_use_groups_of_its_own() -> None:
    rules = parse_rules({"blocked": {"patterns": [r"(a)\1", r"(b)\1"]}})
    assert [normalise("user_id", text, rules=rules) for text in ("AA", "bb", "ab")] == [
        Refused.BLOCKED,
        Refused.BLOCKED,
        "ab",
    ]


def test_stored_rules_are_loaded_with_their_version(records: Records) -> None:
    with records.begin() as conn:
        assert Identity.load(conn).rules is DEFAULT_RULES
        put_definition(conn, "identity-rules", "default", {"namespaces": {"phone": {"cap": 2}}}, now=NOW)
        put_definition(conn, "identity-rules", "default", {"namespaces": {"phone": {"cap": 1}}}, now=NOW)
        rules = Identity.load(conn).rules
        assert (rules.version, rules.of("phone").cap) == (2, 1)


@pytest.mark.parametrize("module", ["normalise", "document", "encode", "union", "plan"])
def test_examples_in_the_documentation(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"ninefold.identity.rules.{module}")).failed == 0
