"""Whatever the order: the same people from any arrival, from a rebuild, and after operators said and took back."""

from random import Random

import hypothesis.strategies as st
import numpy as np
import sqlalchemy as sa
from hypothesis import given, settings
from sqlalchemy.engine import Connection
from tests.identity.batches import NOW, START_MS, Event, batch_of, check_consistency
from tests.identity.reference import Reference
from tests.properties.histories import examples
from tests.properties.test_identity import (
    CUTS,
    STORMY,
    STORMY_EVENTS,
    STRONG,
    TIGHT,
    TIGHT_EVENTS,
    WEAK,
    cut,
    fresh,
    partition,
    people_by_identifier,
)

from ninefold.base import Error
from ninefold.identity import Action, Identity, IdentityRules, parse_rules
from ninefold.identity.desk.rebuilding import judge_all, read, rebuild
from ninefold.identity.operators import verbs
from ninefold.identity.operators.verbs import Word
from ninefold.store import Records

TIMES = st.lists(st.integers(0, 5), min_size=14, max_size=14)
WORDS = st.lists(
    st.tuples(st.sampled_from(["must", "cannot", "free", "retract", "merge", "unmerge"]), st.integers(0, 99),
              st.integers(0, 99)), max_size=5,
)  # fmt: skip


def arrive(conn: Connection, identity: Identity, events: list[Event], times: list[int], cuts: list[int]) -> None:
    """All events in batches; each happened at its own time, whenever it arrives."""
    for start, part in cut(events, cuts):
        ts_ms = [START_MS + at for at in times[start : start + len(part)]]
        identity.resolve(conn, batch_of(part, start=start, ts_ms=ts_ms), now=NOW)


_HUB = {"priority": 1, "cap": 1, "storm_limit": 4}
HUBS = parse_rules(
    {
        "identifiers_per_event": 4,
        "namespaces": {
            "user": {**STRONG, **_HUB},
            "mail": {**STRONG, **_HUB, "priority": 2, "cap": 2},
            "card": {**STRONG, **_HUB, "priority": 3, "parent": "mail"},
            "device": {**WEAK, **_HUB, "priority": 9, "cap": 3},
            "shop": {**WEAK, "priority": 5, "takes_part": False, "storm_limit": 4},
        },
    }
)
_FEW, _MANY = st.sampled_from("12"), st.sampled_from("12345678")
HUB_EVENTS = st.lists(
    st.fixed_dictionaries(
        {"mail": _FEW | _MANY}, optional={"user": _FEW, "card": _MANY, "device": _MANY, "shop": _FEW}
    ),
    min_size=6,
    max_size=24,
)


@settings(max_examples=examples(25))
@given(events=HUB_EVENTS, cuts=CUTS, seed=st.integers(0, 2**32))
def test_a_storm_on_the_centre_of_larger_events_gives_the_same_people_in_any_order(
    records: Records, events: list[Event], cuts: list[int], seed: int
) -> None:
    """A blocked centre reveals who met beside it, whether it is blocked before or after; that may block more."""
    order = list(range(len(events)))
    Random(seed).shuffle(order)
    outcomes = []
    for turn, how in ((list(range(len(events))), []), (order, cuts), (order[::-1], list(range(0, 24, 3)))):
        with fresh(records) as conn:
            arrive(conn, Identity(HUBS), [events[k] for k in turn], turn, how)
            outcomes.append((clusters(conn, HUBS), blocked(conn)))
            assert rebuild(conn, HUBS, now=NOW, storms=True).moved == 0
            assert (clusters(conn, HUBS), blocked(conn)) == outcomes[-1]
    assert outcomes[0] == outcomes[1] == outcomes[2]


def clusters(conn: Connection, rules: IdentityRules) -> set[frozenset[tuple[str, str]]]:
    """Who is one under the rules, also those who were never the centre of an event and so have no number."""
    whole = read(conn)
    label = judge_all(conn, whole, rules).label.tolist()
    named = conn.execute(sa.text("SELECT id, namespace, value FROM identifiers WHERE state = 0"))
    groups: dict[int, set[tuple[str, str]]] = {}
    for number, name, value in named:
        groups.setdefault(label[int(np.searchsorted(whole.region.id, number))], set()).add((name, value))
    return {frozenset(group) for group in groups.values()}


def blocked(conn: Connection) -> set[tuple[str, str]]:
    found = conn.execute(sa.text("SELECT namespace, value FROM identifiers WHERE state = 1"))
    return {(name, value) for name, value in found}


@settings(max_examples=examples(50))
@given(events=STORMY_EVENTS | TIGHT_EVENTS, times=TIMES, cuts=CUTS, seed=st.integers(0, 2**32), stormy=st.booleans())
def test_any_order_of_arrival_gives_the_same_people(
    records: Records, events: list[Event], times: list[int], cuts: list[int], seed: int, *, stormy: bool
) -> None:
    """Across batches, refusals and storms; late events give the people that they would have given in time."""
    rules = STORMY if stormy else TIGHT
    order = list(range(len(events)))
    Random(seed).shuffle(order)
    outcomes = []
    for turn, how in ((list(range(len(events))), []), (order, cuts)):
        with fresh(records) as conn:
            arrive(conn, Identity(rules), [events[k] for k in turn], [times[k] for k in turn], how)
            check_consistency(conn, Identity(rules))
            outcomes.append((partition(people_by_identifier(conn)), blocked(conn)))
    assert outcomes[0] == outcomes[1]


def speak(conn: Connection, rules: IdentityRules, word: tuple[str, int, int]) -> None:
    """An operator says something about two identifiers or people; what makes no sense is refused."""
    kind, one, other = word
    ids = list(conn.execute(sa.text("SELECT id FROM identifiers ORDER BY namespace, value")).scalars())
    people = list(conn.execute(sa.text("SELECT oneid FROM persons WHERE merged_into IS NULL ORDER BY 1")).scalars())
    said = Word(author="ann", reason="", now=NOW, rules=rules)
    try:
        match kind:
            case "merge":
                verbs.merge(conn, people[one % len(people)], people[other % len(people)], said, override=True)
            case "unmerge":
                person = people[one % len(people)]
                held = list(
                    conn.scalars(sa.text("SELECT id FROM identifiers WHERE oneid = :p ORDER BY id"), {"p": person})
                )
                verbs.unmerge(conn, person, held[: other % (len(held) + 1)], said)
            case _:
                verbs.decide_pair(conn, Action[kind.upper()], ids[one % len(ids)], ids[other % len(ids)], said)
    except Error as error:
        assert error.code in {"one_person", "nothing_to_unmerge", "same_identifier", "no_identifier"}, error  # noqa: PT017


@settings(max_examples=examples(50))
@given(events=STORMY_EVENTS | TIGHT_EVENTS, times=TIMES, cuts=CUTS, words=WORDS, stormy=st.booleans())
def test_a_rebuild_finds_nothing_to_change(
    records: Records, events: list[Event], times: list[int], cuts: list[int], words: list[tuple[str, int, int]],
    *, stormy: bool,
) -> None:  # fmt: skip
    """After any history, operators included; and no two stay together who were said to be two."""
    rules = STORMY if stormy else TIGHT
    identity = Identity(rules)
    with fresh(records) as conn:
        half = len(events) // 2
        arrive(conn, identity, events[:half], times, [])
        if half and people_by_identifier(conn):
            for word in words:
                speak(conn, rules, word)
        arrive(conn, identity, events[half:], times[half:], cuts)
        before = people_by_identifier(conn)
        found = rebuild(conn, rules, now=NOW)
        assert (found.moved, found.merged, found.split) == (0, 0, 0)
        assert people_by_identifier(conn) == before
        owner = {row.id: row.oneid for row in conn.execute(sa.text("SELECT id, oneid FROM identifiers"))}
        for a, b, action, _ in verbs.words_of(conn).tolist():
            assert action == Action.MUST or owner[a] is None or owner[a] != owner[b]
        merged = {row.oneid: row.merged_into for row in conn.execute(sa.text("SELECT oneid, merged_into FROM persons"))}
        assert all(root is None or merged[root] is None for root in merged.values())


@settings(max_examples=examples(40))
@given(events=TIGHT_EVENTS, times=TIMES, which=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_merge_then_unmerge_is_the_identity(
    records: Records, events: list[Event], times: list[int], which: tuple[int, int]
) -> None:
    with fresh(records) as conn:
        arrive(conn, Identity(TIGHT), events, times, [])
        people = list(conn.execute(sa.text("SELECT oneid FROM persons WHERE merged_into IS NULL ORDER BY 1")).scalars())
        pair = sorted({people[k % len(people)] for k in which}) if people else []
        if len(pair) < 2:
            return
        before = people_by_identifier(conn)
        leaving = list(conn.scalars(sa.text("SELECT id FROM identifiers WHERE oneid = :p"), {"p": pair[1]}))
        said = Word(author="ann", reason="", now=NOW, rules=TIGHT)
        verbs.merge(conn, pair[0], pair[1], said)
        together = people_by_identifier(conn)
        assert all(together[one] == pair[0] for one, who in before.items() if who in pair)
        verbs.unmerge(conn, pair[0], leaving, said)
        assert people_by_identifier(conn) == before


def test_a_long_history_in_small_batches_equals_the_plain_reference(records: Records) -> None:
    """Six hundred events of sixty identifiers, late ones among them, a few at a time."""
    rng = np.random.default_rng(11)
    names = ("user", "mail", "card", "device", "cookie")
    identity, reference = Identity(TIGHT), Reference(TIGHT)
    with fresh(records) as conn:
        for start in range(0, 600, 12):
            part: list[Event] = [
                {
                    names[k]: [str(rng.integers(1, 13))]
                    for k in rng.choice(5, size=int(rng.integers(1, 4)), replace=False)
                }
                for _ in range(12)
            ]
            ts_ms = (START_MS + start * 10 - rng.integers(0, 3_000, 12)).tolist()
            identity.resolve(conn, batch_of(part, start=start, ts_ms=ts_ms), now=NOW)
            reference.resolve(part, ts_ms)
        assert partition(people_by_identifier(conn)) == partition(reference.owner)
        assert rebuild(conn, TIGHT, now=NOW).moved == 0
        check_consistency(conn, identity)


def test_a_strong_link_learnt_last_takes_apart_what_only_a_device_held_together(records: Records) -> None:
    """The device joined mail 1 and card 1; the card turns out to be mail 2's, and then the two mails disagree."""
    history: list[Event] = [{"mail": "1", "device": "1"}, {"card": "1", "device": "1"}, {"mail": "2", "card": "1"}]
    with fresh(records) as conn:
        arrive(conn, Identity(TIGHT), history, [0, 1, 2], [1, 2])
        owner = people_by_identifier(conn)
        assert owner["device", "1"] == owner["mail", "1"] != owner["mail", "2"] == owner["card", "1"]
        assert rebuild(conn, TIGHT, now=NOW).moved == 0
