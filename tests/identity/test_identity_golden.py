"""Cases with a known answer, from the documents of other systems and from practice."""

import numpy as np
import pytest
import sqlalchemy as sa

from ninefold.base import Error
from ninefold.identity import Action, Identity, Reason, Unresolved, parse_rules
from ninefold.store import Records
from tests.identity.batches import DAY_MS, NOW, START_MS, batch_of, check_consistency, one_by_one, resolve, rows

TABLES = ("persons", "identifiers", "identity_assertions", "identity_merges", "identity_reviews")


@pytest.fixture
def identity() -> Identity:
    return Identity()


def test_a_second_user_id_demotes_the_shared_email(records: Records, identity: Identity) -> None:
    """Segment's example: user abc123 and later abc456 with one e-mail address stay two people."""
    with records.begin() as conn:
        people = one_by_one(
            conn,
            identity,
            [
                {"user_id": "abc123", "email": "jane@example.org"},
                {"user_id": "abc456", "email": "jane@example.org"},
                {"email": "jane@example.org"},
                {"user_id": "abc456"},
            ],
        )
        assert people == [1, 2, 1, 2]
        (review,) = identity.reviews(conn)
        assert (review.kind, review.namespace, review.value) == ("cap_breach", "email", "jane@example.org")
        assert review.people == (1, 2)
        assert review.detail == {"beside": {"namespace": "user_id", "value": "abc456"}, "over": "user_id"}
        refusals = [link for link in identity.how_linked(conn, 2) if link.action is Action.REFUSE]
        assert [(link.reason, link.evidence, link.source) for link in refusals] == [(Reason.CAP, "m1", "web")]
        check_consistency(conn, identity)


def test_the_same_in_one_batch_whatever_the_order_of_rows(records: Records, identity: Identity) -> None:
    events = [
        {"user_id": "abc123", "email": "jane@example.org"},
        {"user_id": "abc456", "email": "jane@example.org"},
        {"email": "jane@example.org"},
    ]
    times = [START_MS, START_MS + 5, START_MS + 9]
    with records.begin() as conn:
        batch = batch_of(events[::-1], ts_ms=times[::-1])
        last, second, first = identity.resolve(conn, batch, now=NOW).root.tolist()
        assert last == first != second


def test_a_shared_device_never_joins_two_members(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        people = one_by_one(
            conn,
            identity,
            [
                {"device_id": "Tablet"},
                {"user_id": "ana", "device_id": "Tablet"},
                {"user_id": "ben", "device_id": "Tablet"},
                {"user_id": "ben", "device_id": "ben's own"},
                {"device_id": "Tablet"},
                {"device_id": "ben's own"},
            ],
        )
        assert people == [1, 1, 3, 3, 1, 3]  # ana's own number, 2, leads to 1
        (review,) = identity.reviews(conn)
        assert (review.kind, review.namespace, review.value) == ("veto", "device_id", "Tablet")
        check_consistency(conn, identity)


def test_many_refusals_of_one_identifier_are_one_question(records: Records, identity: Identity) -> None:
    events = [{"user_id": f"u{k}", "device_id": "tv"} for k in range(5)]
    with records.begin() as conn:
        assert resolve(conn, identity, *events).counts.reviews == 1
        assert resolve(conn, identity, {"user_id": "u9", "device_id": "tv"}, start=9).counts.reviews == 0
        (review,) = identity.reviews(conn)
        assert review.people == (1, 2, 3, 4, 5, 6)
        assert review.detail["beside"] == {"namespace": "user_id", "value": "u1"}


def test_two_known_people_on_one_device_stay_two_even_without_an_account(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        people = one_by_one(
            conn, identity, [{"phone": "13812345601", "device_id": "d1"}, {"phone": "13812345602", "device_id": "d1"}]
        )
        assert people == [1, 2]


def test_a_recycled_phone_number_stays_with_its_first_member(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        people = one_by_one(
            conn,
            identity,
            [
                {"member_no": "M1", "phone": "138 1234 5601"},
                {"member_no": "M2", "phone": "+86 138-1234-5601"},
                {"phone": "0138 1234 5601"},
                {"member_no": "m2"},
            ],
        )
        assert people == [1, 2, 1, 2]
        assert {link.action for link in identity.how_linked(conn, 2)} == {Action.REFUSE}


def test_links_carry_over_devices_to_one_person(records: Records, identity: Identity) -> None:
    """A: phone and device, B: e-mail and device, C: e-mail and openid are one person."""
    events = [
        {"phone": "13812345601", "device_id": "d1"},
        {"email": "a@example.org", "device_id": "d1"},
        {"email": "a@example.org", "openid": "oX1"},
    ]
    with records.begin() as conn:
        assert one_by_one(conn, identity, events) == [1, 1, 1]
        assert len(identity.identifiers_of(conn, 1)) == 4
        assert [one.namespace for one in identity.identifiers_of(conn, 1)] == ["phone", "email", "openid", "device_id"]
        assert identity.find(conn, "openid", " oX1 ") == 1
        assert identity.find(conn, "phone", "(138) 1234-5601") == 1
        assert identity.find(conn, "phone", "nonsense") is None
        assert identity.find(conn, "openid", "ox1") is None  # case counts


def test_redirects_stay_flat_over_a_chain_of_merges(records: Records, identity: Identity) -> None:
    """4 <- 3, then 3 <- 2, then 2 <- 1: everybody ends at 1 in one step, with ever higher versions."""
    with records.begin() as conn:
        singles = [{"phone": "13812345601"}, {"email": "b@example.org"}, {"openid": "c"}, {"taobao_id": "d"}]
        assert one_by_one(conn, identity, singles) == [1, 2, 3, 4]
        seen: dict[int, tuple[int, int]] = {}
        for event in ({"openid": "c", "taobao_id": "d"}, {"email": "b@example.org", "openid": "c"},
                      {"phone": "13812345601", "email": "b@example.org"}):  # fmt: skip
            redirects = resolve(conn, identity, event).redirects
            for one, root, version in zip(
                redirects.oneid.tolist(), redirects.root.tolist(), redirects.version.tolist(), strict=True
            ):
                assert version > seen.get(one, (0, 0))[1]
                seen[one] = (root, version)
        assert {one: root for one, (root, _) in seen.items()} == {2: 1, 3: 1, 4: 1}
        person = identity.person(conn, 4)
        assert (person.oneid, person.was) == (1, 4)
        check_consistency(conn, identity)


def test_an_old_public_id_still_leads_to_the_person(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        one_by_one(conn, identity, [{"phone": "13812345601"}, {"email": "b@example.org"}])
        names = identity.public_ids(conn, [1, 2, 99])
        assert sorted(names) == [1, 2]
        assert all(name.startswith("p_") and len(name) == 18 for name in names.values())
        resolve(conn, identity, {"phone": "13812345601", "email": "b@example.org"})
        assert identity.by_public_id(conn, names[2]).public_id == names[1]
        with pytest.raises(Error, match="no such person"):
            identity.by_public_id(conn, "p_nobody")


def test_a_merge_names_its_cause(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        one_by_one(conn, identity, [{"phone": "13812345601"}, {"email": "b@example.org"}])
        resolve(conn, identity, {"phone": "13812345601", "email": "b@example.org"}, start=7)
        cause = sa.text(
            "SELECT l.evidence, m.batch_id, m.loser, m.winner FROM identity_merges m "
            "JOIN identity_assertions l ON l.id = m.cause"
        )
        assert [tuple(row) for row in conn.execute(cause)] == [("m7", 8, 2, 1)]


def test_resolving_twice_stores_nothing_new(records: Records, identity: Identity) -> None:
    events = [
        {"user_id": "u1", "device_id": "d", "phone": "13812345601"},
        {"user_id": "u2", "device_id": "d", "phone": "13812345601"},
        {"device_id": "d", "anonymous_id": "x"},
        {"email": "null"},
        {},
    ]
    with records.begin() as conn:
        first = resolve(conn, identity, *events)
        before = {table: rows(conn, table) for table in TABLES}
        again = resolve(conn, identity, *events)
        assert np.array_equal(first.oneid, again.oneid)
        assert {table: rows(conn, table) for table in TABLES} == before
        assert (again.counts.identifiers, again.counts.links, again.counts.reviews) == (0, 0, 0)
        assert len(again.new_people.oneid) == len(again.redirects.oneid) == 0


def test_a_second_source_is_further_evidence(records: Records, identity: Identity) -> None:
    event = {"user_id": "u1", "email": "a@example.org"}
    with records.begin() as conn:
        for source in ("web", "till", "web"):
            identity.resolve(conn, batch_of([event], source=source), now=NOW)
        assert [link.source for link in identity.how_linked(conn, 1)] == ["web", "till"]


def test_what_identifies_nobody_is_reported_and_not_stored(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        found = resolve(
            conn,
            identity,
            {"user_id": "NULL", "email": "Test@Test.com", "phone": "138****5678"},
            {},
            {"user_id": "[object Object]", "anonymous_id": "a1"},
        )
        assert found.oneid.tolist() == [0, 0, 1]
        assert found.unresolved.tolist() == [Unresolved.REFUSED, Unresolved.NO_IDENTIFIER, Unresolved.RESOLVED]
        assert found.counts.refused == 4
        assert rows(conn, "identifiers") == 1


def test_new_people_know_their_first_event(records: Records, identity: Identity) -> None:
    batch = batch_of([{"user_id": "u"}, {"user_id": "v"}, {"user_id": "u"}], ts_ms=[50, 40, 30])
    with records.begin() as conn:
        found = identity.resolve(conn, batch, now=NOW)
        assert dict(zip(found.new_people.oneid.tolist(), found.new_people.first_seen_ms.tolist(), strict=True)) == {
            1: 30,
            2: 40,
        }


def test_times_seen_move_both_ways(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        for at in (10 * DAY_MS, 10 * DAY_MS + 5, 3 * DAY_MS, 12 * DAY_MS):
            identity.resolve(conn, batch_of([{"user_id": "u"}], ts_ms=[at]), now=NOW)
        (one,) = identity.identifiers_of(conn, 1)
        assert (one.first_seen_ms, one.last_seen_ms) == (3 * DAY_MS, 12 * DAY_MS)


def test_a_value_over_the_cap_belongs_to_nobody_until_it_is_used(records: Records, identity: Identity) -> None:
    phones = [f"1381234560{k}" for k in range(4)]
    with records.begin() as conn:
        people = one_by_one(conn, identity, [{"user_id": "u", "phone": phone} for phone in phones])
        assert people == [1, 1, 1, 1]
        assert identity.find(conn, "phone", phones[3]) is None
        assert identity.counts(conn).people == 1
        assert one_by_one(conn, identity, [{"phone": phones[3]}, {"phone": phones[3]}]) == [2, 2]
        check_consistency(conn, identity)


def test_only_so_many_identifiers_of_one_event_count(records: Records, identity: Identity) -> None:
    event = {"user_id": "u", "email": [f"e{k}@example.org" for k in range(500)]}
    with records.begin() as conn:
        found = resolve(conn, identity, event)
        assert found.counts.ignored == 491
        assert found.counts.blocked == 0
        check_consistency(conn, identity)


def test_of_two_user_ids_in_one_event_the_first_counts(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        one_by_one(conn, identity, [{"user_id": "a"}, {"user_id": "z"}])
        assert resolve(conn, identity, {"user_id": ["z", "a"]}).oneid.tolist() == [2]
        assert resolve(conn, identity, {"user_id": ["a", "z"]}).oneid.tolist() == [1]


def test_a_namespace_nobody_described_links_but_never_joins_two_known_people(
    records: Records, identity: Identity
) -> None:
    with records.begin() as conn:
        people = one_by_one(
            conn,
            identity,
            [
                {"user_id": "u1", "loyalty.card": "C1"},
                {"loyalty.card": "C1", "anonymous_id": "a1"},
                {"user_id": "u2", "loyalty.card": "C1"},
            ],
        )
        assert people == [1, 1, 3]


def test_rules_of_a_document_are_followed_and_remembered(records: Records) -> None:
    identity = Identity(parse_rules({"namespaces": {"email": {"cap": 1}}}, version=7))
    with records.begin() as conn:
        one_by_one(conn, identity, [{"user_id": "u", "email": f"e{k}@example.org"} for k in range(2)])
        assert len(identity.identifiers_of(conn, 1)) == 2
        assert {link.rule_version for link in identity.how_linked(conn, 1)} == {7}


def test_an_empty_batch_is_fine(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        assert resolve(conn, identity).oneid.tolist() == []
