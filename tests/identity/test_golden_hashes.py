"""Hashed identifiers meet clear ones, whichever comes first and in whatever writing they were hashed."""

from hashlib import new as digest_of
from itertools import permutations

import pytest
from sqlalchemy.engine import Connection

from ninefold.identity import Identity, parse_rules
from ninefold.store import Records
from tests.identity.batches import Event, resolve, rows


def code(algorithm: str, text: str) -> str:
    return f"{algorithm}:{digest_of(algorithm, text.encode()).hexdigest()}"


CLEAR = "13812345601"
# Quick Audience: the clear number of the shop, MD5 from one platform, SHA-256 from another.
EVENTS: tuple[Event, ...] = (
    {"phone": CLEAR, "member_no": "M1"},
    {"phone": code("md5", CLEAR), "taobao_id": "t1"},
    {"phone": code("sha256", f"+86{CLEAR}"), "douyin_id": "d1"},
    {"phone": code("sm3", f"86{CLEAR}"), "jd_id": "j1"},
)
EVERY = (("member_no", "M1"), ("taobao_id", "t1"), ("douyin_id", "d1"), ("jd_id", "j1"), ("phone", CLEAR))


def people(conn: Connection, identity: Identity) -> set[int | None]:
    return {identity.find(conn, *one) for one in EVERY}


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_clear_and_the_hashed_numbers_are_one(records: Records, order: tuple[int, ...]) -> None:
    identity = Identity()
    with records.begin() as conn:
        for k, place in enumerate(order):
            resolve(conn, identity, EVENTS[place], start=k)
        found = people(conn, identity)
        assert len(found) == 1
        assert None not in found
        (person,) = found
        assert person is not None
        held = {
            one.value.partition(":")[0] for one in identity.identifiers_of(conn, person) if one.namespace == "phone"
        }
        assert held == {"+8613812345601", "md5", "sha256", "sm3"}


def test_in_one_batch(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        resolve(conn, identity, *EVENTS)
        assert len(people(conn, identity)) == 1
        before = rows(conn, "identity_assertions")
        resolve(conn, identity, *EVENTS)
        assert rows(conn, "identity_assertions") == before


def test_three_states_of_a_number_count_once(records: Records) -> None:
    """With a cap of one, the hashes of the same number are not a second one; another number is."""
    identity = Identity(parse_rules({"namespaces": {"phone": {"cap": 1}}}))
    with records.begin() as conn:
        for k, event in enumerate(EVENTS):
            resolve(conn, identity, {**event, "user_id": "u"}, start=k)
        assert len(people(conn, identity)) == 1
        resolve(conn, identity, {"user_id": "u", "phone": code("md5", "13900000002")}, start=9)
        resolve(conn, identity, {"phone": "13900000002"}, start=10)
        assert identity.find(conn, "phone", "13900000002") not in people(conn, identity)
        assert identity.find(conn, "phone", "13900000002") is not None


def test_hashed_numbers_that_differ_stay_apart(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        resolve(conn, identity, {"phone": code("md5", CLEAR)}, {"phone": code("md5", "13812345602")}, {"phone": CLEAR})
        one, other = (identity.find(conn, "phone", raw) for raw in (CLEAR, code("md5", "13812345602")))
        assert one != other
        assert identity.find(conn, "phone", code("md5", CLEAR)) == one


def test_who_receives_no_hashes_keeps_no_digests(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        resolve(conn, identity, *[{"phone": f"138123456{k:02}"} for k in range(20)])
        assert rows(conn, "identity_digests") == 0
        resolve(conn, identity, {"phone": code("md5", "13812345607"), "email": "a@example.org"}, start=50)
        assert rows(conn, "identity_digests") == 60  # three writings each
        assert identity.find(conn, "phone", "13812345607") == identity.find(conn, "email", "a@example.org")


def test_a_salted_hash_meets_the_clear_value(records: Records) -> None:
    rules = parse_rules(
        {
            "salts": {"crm": {"algorithm": "sha256", "secret": "pepper"}},
            "namespaces": {"email": {"hashing": {"accept": ["crm", "md5"]}}},
        }
    )
    identity = Identity(rules)
    salted = "crm:" + digest_of("sha256", b"pepperana@example.org").hexdigest()
    with records.begin() as conn:
        resolve(conn, identity, {"email": salted, "openid": "o1"})
        resolve(conn, identity, {"email": "Ana@Example.org"}, {"email": code("md5", "ana@example.org")}, start=5)
        assert identity.find(conn, "openid", "o1") == identity.find(conn, "email", "ana@example.org")
        assert identity.find(conn, "openid", "o1") == identity.find(conn, "email", code("md5", "ana@example.org"))


def test_identity_cards_are_never_stored_clear(records: Records) -> None:
    identity = Identity()
    card = "11010519491231002X"
    with records.begin() as conn:
        resolve(conn, identity, {"id_card": code("sm3", card), "openid": "o1"})
        resolve(conn, identity, {"id_card": card.lower(), "openid": "o2"}, start=5)
        resolve(conn, identity, {"id_card": code("sha256", card), "taobao_id": "t"}, start=6)
        found = {identity.find(conn, *one) for one in (("openid", "o1"), ("openid", "o2"), ("taobao_id", "t"))}
        assert len(found) == 1
        assert all(card not in str(row) for row in conn.exec_driver_sql("SELECT * FROM identifiers"))
        assert all(card not in str(row) for row in conn.exec_driver_sql("SELECT * FROM identity_digests"))
