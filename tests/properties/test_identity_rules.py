"""Rules under any arrival order, on a real database: hash states, shared devices, windows, parents, made at random."""

from collections.abc import Mapping, Sequence
from hashlib import new as digest_of
from random import Random

import hypothesis.strategies as st
from hypothesis import given, settings
from tests.identity.batches import NOW, START_MS, Event, batch_of
from tests.properties.histories import examples
from tests.properties.test_identity import fresh, partition, people_by_identifier

from ninefold.identity import DEFAULT_RULES, Identity, normalise, parse_rules
from ninefold.identity.rules.normalise import digests
from ninefold.store import Records

STRONG, WEAK = {"strength": "strong", "normaliser": "exact"}, {"strength": "weak", "normaliser": "exact"}
HOUR = 3_600_000
RULES = parse_rules(
    {
        "identifiers_per_event": 4,
        "namespaces": {
            "user": {**STRONG, "priority": 1, "unique": True, "storm_limit": 1000},
            "phone": {"priority": 2, "cap": 2, "storm_limit": 1000},
            "mail": {**STRONG, "priority": 3, "cap": 1, "period": "week", "storm_limit": 1000},
            "app": {**STRONG, "priority": 4, "cap": 2, "parent": "mail", "storm_limit": 1000},
            "first": {**WEAK, "priority": 20, "cap": 9, "storm_limit": 1000},
            "last": {**WEAK, "priority": 21, "cap": 9, "shared": "last_login", "storm_limit": 1000},
            "refuse": {**WEAK, "priority": 22, "cap": 9, "shared": "refuse", "storm_limit": 1000},
            "group": {**WEAK, "priority": 30, "takes_part": False},
        },
    }
)
NUMBERS = ("13812345601", "13812345602")


def written(number: str) -> Sequence[str]:
    return (
        number,
        "md5:" + digest_of("md5", number.encode()).hexdigest(),
        "sha256:" + digest_of("sha256", f"+86{number}".encode()).hexdigest(),
    )


VALUES: Mapping[str, st.SearchStrategy[str]] = {
    "phone": st.sampled_from([text for number in NUMBERS for text in written(number)]),
    **{name: st.sampled_from(["p", "q", "r"]) for name in ("user", "mail", "app", "first", "last", "refuse", "group")},
}
EVENT = st.sets(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in sorted(names)})
)


@settings(max_examples=examples(40), deadline=None)
@given(
    events=st.lists(EVENT, min_size=1, max_size=10),
    hours=st.lists(st.integers(0, 400), min_size=10, max_size=10, unique=True),
    seed=st.integers(0, 2**32),
)
def test_every_rule_gives_the_same_people_in_any_order_of_arrival(
    records: Records, events: list[Event], hours: list[int], seed: int
) -> None:
    identity = Identity(RULES)
    order = list(range(len(events)))
    Random(seed).shuffle(order)
    outcomes = []
    for sequence in (list(range(len(events))), order):
        with fresh(records) as conn:
            for k in sequence:
                identity.resolve(conn, batch_of([events[k]], start=k, ts_ms=[START_MS + HOUR * hours[k]]), now=NOW)
            outcomes.append(partition(people_by_identifier(conn)))
    with fresh(records) as conn:
        times = [START_MS + HOUR * hours[k] for k in order]
        identity.resolve(conn, batch_of([events[k] for k in order], ts_ms=times), now=NOW)
        outcomes.append(partition(people_by_identifier(conn)))
    assert outcomes[0] == outcomes[1] == outcomes[2]


@given(raw=st.from_regex(r"\A1[3-9][0-9]{9}\Z"), how=st.sampled_from(["{}", "+86 {}", "0086{}", "０{}", "{}.0"]))
def test_normalising_and_hashing_commute(raw: str, how: str) -> None:
    """However a number is written, its stored form has the same digests, and each of them is its own stored form."""
    stored, other = (normalise("phone", text, rules=DEFAULT_RULES) for text in (raw, how.format(raw)))
    assert stored == other
    if isinstance(stored, str):
        found = digests(stored, DEFAULT_RULES.of("phone"), DEFAULT_RULES)
        assert "md5:" + digest_of("md5", raw.encode()).hexdigest() in found
        assert all(normalise("phone", text, rules=DEFAULT_RULES) == text for text in found)
        assert all(normalise("phone", text.upper(), rules=DEFAULT_RULES) == text for text in found)
