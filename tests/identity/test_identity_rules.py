"""Reading raw values, and reading the rules document."""

import doctest
import importlib
from collections.abc import Mapping
from hashlib import new as digest_of
from hashlib import sha256

import hypothesis.strategies as st
import jsonschema_rs
import pytest
from hypothesis import given

from ninefold.base import Error
from ninefold.identity import DEFAULT_DOCUMENT, DEFAULT_RULES, Identity, Refused, normalise, parse_rules
from ninefold.identity.rules.document import describe_rules, rules_schema
from ninefold.identity.rules.normalise import namesakes
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
        ("+86 10 62345678 ext. 12", "+861062345678;ext=12"),
        ("13812345601转4321", "+8613812345601;ext=4321"),
        ("13812345601-4321", "+8613812345601;ext=4321"),  # a number that a marketplace puts before the buyer's own
        ("+8613812345601;ext=4321", "+8613812345601;ext=4321"),
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
        ("idfa", "00000000-0000-0000-0000-000000000000", Refused.BLOCKED),
        ("idfa", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("oaid", "00000000-0000-0000-0000-000000000", Refused.BLOCKED),
        ("gaid", "ffffffff-ffff-ffff-ffff-ffffffffffff", Refused.BLOCKED),
        ("imei", "490154203237518", "490154203237518"),
        ("imei", "49-015420-323751-8", "490154203237518"),
        ("imei", "490154203237517", Refused.MALFORMED),  # the check digit is wrong
        ("imei", "000000000000000", Refused.BLOCKED),
        ("imei", "a1000009296F12", "A1000009296F12"),
        ("openid:wx12ab", " oAbC_1 ", "oAbC_1"),
        ("id_card", "11010519491231002X", "sha256:" + sha256(b"11010519491231002X").hexdigest()),
        ("id_card", "110105 19491231 002x", "sha256:" + sha256(b"11010519491231002X").hexdigest()),
        ("id_card", "110105491231002", "sha256:" + sha256(b"11010519491231002X").hexdigest()),
        ("id_card", "e12345678", "sha256:" + sha256(b"E12345678").hexdigest()),
        ("id_card", "110105194912310021", Refused.MALFORMED),
        ("id_card", "110105********002X", Refused.MALFORMED),
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


def code(algorithm: str, text: str) -> str:
    return digest_of(algorithm, text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("namespace", "raw", "stored"),
    [
        ("phone", "md5:" + code("md5", "13812345601"), "md5:" + code("md5", "13812345601")),
        ("phone", "MD5:" + code("md5", "13812345601").upper(), "md5:" + code("md5", "13812345601")),
        ("phone", code("md5", "13812345601"), "md5:" + code("md5", "13812345601")),
        ("phone", code("sha256", "13812345601").upper(), "sha256:" + code("sha256", "13812345601")),
        ("phone", "sm3:" + code("sm3", "13812345601"), "sm3:" + code("sm3", "13812345601")),
        ("phone", "md5:" + code("sha256", "13812345601"), Refused.MALFORMED),
        ("phone", "crm:" + code("md5", "13812345601"), Refused.MALFORMED),  # nobody said what "crm" is
        ("phone", code("md5", ""), Refused.BLOCKED),  # a partner hashed an empty field
        ("email", "md5:" + code("md5", "null"), Refused.BLOCKED),
        ("email", code("sha256", "NULL"), Refused.BLOCKED),
        ("phone", code("md5", "13800138000"), Refused.BLOCKED),
        ("id_card", "md5:" + code("md5", "11010519491231002X"), Refused.STATE),
        ("user_id", code("md5", "x"), code("md5", "x")),  # an account may look like a digest
    ],
)
def test_hashed_values(namespace: str, raw: str, stored: str | Refused) -> None:
    assert normalise(namespace, raw, rules=DEFAULT_RULES) == stored


@pytest.mark.parametrize("written", ["13812345601", "8613812345601", "+8613812345601"])
@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sm3"])
def test_a_clear_number_knows_its_hashes_in_every_writing(written: str, algorithm: str) -> None:
    others = namesakes(DEFAULT_RULES.of("phone"), DEFAULT_RULES)("+8613812345601")
    assert f"{algorithm}:{code(algorithm, written)}" in others
    assert len(others) == 9


def test_a_salted_hash_is_recomputed_with_the_salt() -> None:
    rules = parse_rules(
        {
            "salts": {
                "crm2026": {"algorithm": "sha256", "secret": "s3"},
                "after": {"algorithm": "md5", "secret": "s4", "position": "suffix"},
            },
            "namespaces": {"phone": {"hashing": {"accept": ["crm2026", "after"]}}},
        }
    )
    others = namesakes(rules.of("phone"), rules)("+8613812345601")
    assert "crm2026:" + code("sha256", "s313812345601") in others
    assert "after:" + code("md5", "13812345601s4") in others
    value = "crm2026:" + code("sha256", "s313812345601")
    assert normalise("phone", value, rules=rules) == value
    assert normalise("phone", "md5:" + code("md5", "13812345601"), rules=rules) is Refused.STATE
    assert "s3" not in repr(rules.salts)


def test_a_salt_is_named_in_the_document_and_held_by_the_environment() -> None:
    """Rotation: the new salt gets a name of its own, and values of both states mean the same telephone."""
    document = {
        "salts": {
            "crm2026": {"algorithm": "sha256", "secret_env": "CRM_SALT_2026"},
            "crm2027": {"algorithm": "sha256", "secret_env": "CRM_SALT_2027"},
        },
        "namespaces": {"phone": {"hashing": {"accept": ["crm2026", "crm2027"]}}},
    }
    rules = parse_rules(document, secrets={"CRM_SALT_2026": "old", "CRM_SALT_2027": "new"})
    others = namesakes(rules.of("phone"), rules)("+8613812345601")
    assert "crm2026:" + code("sha256", "old13812345601") in others
    assert "crm2027:" + code("sha256", "new13812345601") in others
    with pytest.raises(Error, match="CRM_SALT_2026"):
        namesakes(rules.of("phone"), parse_rules(document))("+8613812345601")


def test_addresses_of_one_mailbox_by_its_providers_rules() -> None:
    rules = parse_rules({"namespaces": {"email": {"normaliser": "email_provider"}}})
    read = [normalise("email", raw, rules=rules) for raw in ("A.na+x@googlemail.com", "ana@gmail.com", "a.b+c@qq.com")]
    assert read == ["ana@gmail.com", "ana@gmail.com", "a.b+c@qq.com"]


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
        ({"namespaces": {"phone": {"velocity": {"per_hour": 3}}}}, "identifiers_per_event", "at most 3"),
        ({"namespaces": {"phone": {"period": "monthly"}}}, "namespaces.phone.period", 'did you mean "month"?'),
        ({"namespaces": {"phone": {"unique": True, "cap": 2}}}, "namespaces.phone.cap", "short for cap 1"),
        ({"namespaces": {"phone": {"shared": "refuse"}}}, "namespaces.phone.shared", "only a weak one"),
        ({"namespaces": {"phone": {"takes_part": 1}}}, "namespaces.phone.takes_part", "true or false"),
        ({"namespaces": {"openid": {"parent": "fone"}}}, "namespaces.openid.parent", 'did you mean "phone"?'),
        (
            {"namespaces": {"openid": {"parent": "phone"}, "phone": {"parent": "openid"}}},
            "namespaces.phone.parent",
            "circle",
        ),
        ({"namespaces": {"phone": {"hashing": {"accept": ["sha1"]}}}}, "namespaces.phone.hashing.accept", "sha256"),
        ({"namespaces": {"phone": {"hashing": {"store": "crm"}}}}, "namespaces.phone.hashing.store", "accepted too"),
        ({"salts": {"md5": {"algorithm": "md5", "secret": "x"}}}, "salts.md5", "own name"),
        ({"salts": {"crm": {"algorithm": "md5"}}}, "salts.crm.secret", "a value"),
        ({"breaker": {"jmp": 3}}, "breaker.jmp", 'did you mean "jump"?'),
    ],
)
def test_a_wrong_document_is_refused_with_words(document: Mapping[str, object], field: str, said: str) -> None:
    with pytest.raises(Error) as wrong:
        parse_rules(document)
    assert wrong.value.field == field
    assert said in f"{wrong.value.allowed} {wrong.value.hint}"


def test_the_schema_agrees_with_the_reader() -> None:
    schema = jsonschema_rs.validator_for(rules_schema())
    assert schema.is_valid(DEFAULT_DOCUMENT)
    assert schema.is_valid({"namespaces": {"phone": {"velocity": {"per_hour": None}, "unique": True}}})
    for wrong in ({"regoin": "CN"}, {"namespaces": {"phone": {"cap": 0}}}, {"salts": {"a": {"algorithm": "md5"}}}):
        assert not schema.is_valid(wrong)
        with pytest.raises(Error):
            parse_rules(wrong)


def test_the_rules_in_plain_words() -> None:
    rules = parse_rules(
        {
            "namespaces": {
                "phone": {"cap": 2, "period": "year", "immutable": True},
                "openid": {"parent": "phone"},
                "device_id": {"shared": "refuse", "velocity": {"per_day": 30}},
            }
        }
    )
    english, chinese = "\n".join(describe_rules(rules)), "\n".join(describe_rules(rules, "zh"))
    assert "phone (priority 4, strong): at most 2 per person, per year; once set, it never changes" in english
    assert "goes along when its phone is unbound" in english
    assert "it belongs to none of them" in english
    assert "30 new people a day" in english
    assert "household: shown and searched only" in english
    assert "phone（优先级 4，强标识）：每人最多 2 个（每年）；一经设定不可更改" in chinese
    assert "解绑其 phone 时一并解绑" in chinese


def test_one_rule_for_the_openids_of_many_apps() -> None:
    rules = parse_rules({"namespaces": {"openid": {"cap": 1}, "openid:wx9": {"cap": 2}}})
    assert [(rules.of(name).name, rules.of(name).cap) for name in ("openid:wx12", "openid:wx9", "other:x")] == [
        ("openid:wx12", 1),
        ("openid:wx9", 2),
        ("other:x", 5),
    ]
    assert rules.of("openid:wx9").priority == rules.of("openid").priority


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


@pytest.mark.parametrize(
    "module",
    [
        "normalise.reading",
        "normalise.cards",
        "normalise.hashing",
        "document.parse",
        "document.describe",
        "encode",
        "union",
        "plan",
    ],
)
def test_examples_in_the_documentation(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"ninefold.identity.rules.{module}")).failed == 0
