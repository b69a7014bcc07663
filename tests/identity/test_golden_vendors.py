"""The worked examples of other systems' documentation, through the real resolution, in any order of arrival."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import pytest
from sqlalchemy.engine import Connection

from ninefold.identity import DEFAULT_RULES, Identity, Refused, Unresolved, normalise, parse_rules
from ninefold.store import Records
from tests.identity.batches import NOW, START_MS, Event, batch_of

WEAK = {"strength": "weak", "normaliser": "exact"}
LAST = {"namespaces": {"device_id": {"shared": "last_login"}}}
REFUSE = {"namespaces": {"device_id": {"shared": "refuse"}}}
DEVICE, ANA, BEN = ("device_id", "ipad"), ("user_id", "ana"), ("user_id", "ben")
Pair = tuple[str, str]


@dataclass(frozen=True)
class Story:
    """What happened (an event an hour), under which rules, and who is one at the end."""

    name: str
    events: Sequence[Event]
    people: Sequence[Sequence[Pair]]
    rules: Mapping[str, object] = field(default_factory=dict)


STORIES = [
    Story(
        "Segment: the second user id demotes the shared address",
        [
            {"user_id": "abc123", "email": "jane@example.com"},
            {"user_id": "abc456", "email": "jane@example.com"},
            {"email": "jane@example.com", "anonymous_id": "a1"},
        ],
        [
            [("user_id", "abc123"), ("email", "jane@example.com"), ("anonymous_id", "a1")],
            [("user_id", "abc456")],
        ],
    ),
    Story(
        "Adobe 1: the last who logged in on a shared device owns it, and its anonymous events",
        [{"device_id": "ipad"}, {"user_id": "ana", "device_id": "ipad"}, {"user_id": "ben", "device_id": "ipad"}],
        [[ANA], [BEN, DEVICE]],
        LAST,
    ),
    Story(
        "Adobe 2: who logs in again gets it back",
        [
            {"user_id": "ana", "device_id": "ipad"},
            {"user_id": "ben", "device_id": "ipad"},
            {"user_id": "ana", "device_id": "ipad"},
        ],
        [[ANA, DEVICE], [BEN]],
        LAST,
    ),
    Story(
        "Adobe 3: a phone number of one's own goes along, the device does not",
        [
            {"user_id": "ana", "device_id": "ipad", "phone": "13812345601"},
            {"user_id": "ben", "phone": "13812345602"},
            {"phone": "13812345602", "device_id": "ipad"},
        ],
        [[ANA, ("phone", "13812345601")], [BEN, ("phone", "13812345602"), DEVICE]],
        LAST,
    ),
    Story(
        "Adobe: a bad address that two accounts share joins neither to the other",
        [
            {"user_id": "ana", "email": "bad@example.com", "device_id": "d1"},
            {"user_id": "ben", "email": "bad@example.com", "device_id": "d2"},
        ],
        [[ANA, ("email", "bad@example.com"), ("device_id", "d1")], [BEN, ("device_id", "d2")]],
    ),
    Story(
        "Snowplow: Alice and Bob on one device; what it does alone is a third person's",
        [
            {"user_id": "ana", "device_id": "ipad"},
            {"user_id": "ben", "device_id": "ipad"},
            {"device_id": "ipad", "anonymous_id": "tab"},
        ],
        [[ANA], [BEN], [DEVICE, ("anonymous_id", "tab")]],
        REFUSE,
    ),
    Story(
        "Krenalis: the first identifier both have decides, and it disagrees",
        [
            {"unionid": "w1", "email": "a@example.com", "shop_card": "c"},
            {"unionid": "w2", "phone": "13812345601", "shop_card": "c"},
        ],
        [
            [("unionid", "w1"), ("email", "a@example.com"), ("shop_card", "c")],
            [("unionid", "w2"), ("phone", "13812345601")],
        ],
    ),
    Story(
        "Segment: a cap within a window lets an old value go",
        [{"user_id": "ana", "email": f"e{k}@example.com"} for k in range(3)],
        [[ANA, ("email", "e0@example.com"), ("email", "e1@example.com")], []],
        {"namespaces": {"email": {"cap": 2, "period": "week"}}},
    ),
    Story(
        "A household says who lives together, not who is one",
        [{"user_id": "ana", "household": "h1"}, {"user_id": "ben", "household": "h1"}],
        [[ANA], [BEN]],
    ),
]


def find(conn: Connection, identity: Identity, people: Sequence[Sequence[Pair]]) -> list[set[int | None]]:
    return [{identity.find(conn, *one) for one in person} for person in people if person]


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_the_story_ends_as_told_in_any_order(records: Records, story: Story) -> None:
    identity = Identity(parse_rules(story.rules))
    orders = list(permutations(range(len(story.events))))
    for order in {orders[0], orders[-1], orders[len(orders) // 2]}:
        with records.engine.connect() as conn, conn.begin() as transaction:
            for place in order:
                batch = batch_of([story.events[place]], start=place, ts_ms=[START_MS + 3_600_000 * place])
                identity.resolve(conn, batch, now=NOW)
            found = find(conn, identity, story.people)
            assert all(len(person) == 1 and None not in person for person in found)
            assert len(set.union(*found)) == len(found)
            transaction.rollback()


def test_reltio_of_two_people_the_earlier_survives_and_the_other_stays_resolvable(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        late, early = START_MS + 5000, START_MS
        found = identity.resolve(
            conn, batch_of([{"phone": "13812345601"}, {"email": "a@example.com"}], ts_ms=[late, early]), now=NOW
        )
        second, first = found.oneid.tolist()
        assert first < second
        both = batch_of([{"phone": "13812345601", "email": "a@example.com"}], start=5)
        assert identity.resolve(conn, both, now=NOW).root.tolist() == [first]
        assert identity.person(conn, second).oneid == first


def test_reltio_a_tie_is_decided_by_the_identifiers_not_by_chance(records: Records) -> None:
    identity = Identity()
    events: list[Event] = [{"email": "b@example.com"}, {"phone": "13812345601"}, {"email": "a@example.com"}]
    numbers = []
    for order in permutations(range(3)):
        with records.engine.connect() as conn, conn.begin() as transaction:
            found = identity.resolve(conn, batch_of([events[k] for k in order], ts_ms=[START_MS] * 3), now=NOW)
            by_event = dict(zip(order, found.oneid.tolist(), strict=True))
            numbers.append([by_event[k] - min(by_event.values()) for k in range(3)])
            transaction.rollback()
    assert numbers == [[2, 0, 1]] * 6


POSTHOG = (
    "anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated", "email", "undefined", "true", "false",
    "[object Object]", "NaN", "None", "none", "null", "0",
)  # fmt: skip


@pytest.mark.parametrize("quote", ["{}", '"{}"', "'{}'", " {} "])
@pytest.mark.parametrize("value", POSTHOG)
def test_posthog_no_illegal_id_names_anybody(value: str, quote: str) -> None:
    for text in (value, value.upper(), value.capitalize()):
        for namespace in ("user_id", "anonymous_id", "device_id", "member_no"):
            assert normalise(namespace, quote.format(text), rules=DEFAULT_RULES) is Refused.BLOCKED


def test_posthog_strangers_who_send_illegal_ids_are_not_merged(records: Records) -> None:
    identity = Identity()
    events: list[Event] = [{"user_id": value, "anonymous_id": f"visitor-{k}"} for k, value in enumerate(POSTHOG)]
    with records.begin() as conn:
        found = identity.resolve(conn, batch_of([*events, {"user_id": "null"}]), now=NOW)
        assert len(set(found.root.tolist())) == len(POSTHOG) + 1
        assert found.unresolved.tolist()[-1] == Unresolved.REFUSED


def test_what_takes_no_part_is_shown_and_searched(records: Records) -> None:
    identity = Identity()
    events: list[Event] = [{"user_id": "ana", "household": "h-1"}, {"user_id": "ben", "household": "h-1"}]
    with records.begin() as conn:
        found = identity.resolve(conn, batch_of([*events, {"household": "h-1"}]), now=NOW)
        ana, ben, nobody = found.root.tolist()
        assert nobody == 0
        assert ana != ben
        for person in (ana, ben):
            assert ("household", "h-1") in {(one.namespace, one.value) for one in identity.identifiers_of(conn, person)}
        assert {oneid for name, oneid in identity.find_anywhere(conn, "h-1") if name == "household"} == {ana, ben}
        assert identity.counts(conn).blocked == 0
