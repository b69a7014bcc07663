"""Consent: what follows from what was said, the same in Python and in SQL."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import Error, to_ms
from ninefold.collect import Event
from ninefold.governance import consent, org
from ninefold.governance.consent.model import EVERYWHERE, Purpose, Record, Standing
from ninefold.store import Records

NOW = datetime(2026, 6, 1, tzinfo=UTC)
T = to_ms(NOW) - 100
LINE = ("group", "brand", "store")
ASK = Purpose(key="marketing", name="Marketing", unknown="allow")
STRICT = Purpose(key="marketing", name="Marketing", unknown="deny")

_records = st.lists(
    st.builds(
        Record, oneid=st.integers(1, 3), purpose=st.just("marketing"),
        said=st.sampled_from(["granted", "denied", "withdrawn"]), at_ms=st.integers(T, T + 120),
        node=st.sampled_from([EVERYWHERE, *LINE, "elsewhere"]),
        expires_ms=st.one_of(st.none(), st.integers(T, T + 200)), evidence=st.uuids().map(str),
    ),
    max_size=12,
)  # fmt: skip


def said(word: str, at: int, node: str = EVERYWHERE, **more: object) -> Record:
    return Record(oneid=1, purpose="marketing", said=word, at_ms=T + at, node=node, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("records", "standing"),
    [
        ([], Standing.UNKNOWN),
        ([said("granted", 1)], Standing.GRANTED),
        ([said("granted", 1), said("withdrawn", 2)], Standing.DENIED),
        ([said("withdrawn", 1), said("granted", 2)], Standing.GRANTED),
        ([said("granted", 1), said("denied", 1)], Standing.DENIED),  # at one instant the no counts
        ([said("granted", 1, "group")], Standing.GRANTED),  # what is said above holds below
        ([said("granted", 1, "elsewhere")], Standing.UNKNOWN),
        ([said("denied", 1, "store"), said("granted", 2, "group")], Standing.DENIED),  # the nearer word decides
        ([said("denied", 1, "group"), said("granted", 2, "store")], Standing.GRANTED),
        ([said("granted", 1, "store"), said("withdrawn", 2)], Standing.DENIED),  # a later no above wins
        ([said("granted", 1, expires_ms=T + 50)], Standing.EXPIRED),
        ([said("granted", 1, expires_ms=T + 200)], Standing.GRANTED),
        ([said("granted", 101)], Standing.UNKNOWN),  # not said yet
    ],
)
def test_what_one_account_said(records: list[Record], standing: Standing) -> None:
    assert consent.effective(records, LINE, now_ms=T + 100)[0] is standing


@given(records=_records)
def test_the_order_of_arrival_never_matters(records: list[Record]) -> None:
    own = [one for one in records if one.oneid == 1]
    assert consent.effective(own, LINE, now_ms=T + 100)[0] is consent.effective(own[::-1], LINE, now_ms=T + 100)[0]


@given(records=_records)
def test_a_later_no_everywhere_always_stops(records: list[Record]) -> None:
    own = [one for one in records if one.oneid == 1]
    stop = said("withdrawn", 130)
    assert consent.effective([*own, stop], LINE, now_ms=T + 130)[0] is Standing.DENIED


@settings(max_examples=40)
@given(records=_records, line=st.sampled_from([(), ("group",), ("group", "brand"), LINE]))
def test_the_database_decides_the_same(records_db: Records, records: list[Record], line: tuple[str, ...]) -> None:
    book = consent.Consents(_tree(records_db))
    with records_db.engine.connect() as conn:
        book.add(conn, records, now=NOW)
        book.add(conn, records, now=NOW)  # the same again is nothing new
        found = book.standings(conn, "marketing", node=line[-1] if line else "", now=NOW)
        expected = {
            account: standing
            for account in (1, 2, 3)
            if (standing := consent.effective([r for r in records if r.oneid == account], line, now_ms=to_ms(NOW))[0])
            is not Standing.UNKNOWN
        }
        assert found == expected
        everybody = {10: {1, 2}, 11: {3}, 12: {4}}
        refused = book.refused(conn, everybody, "marketing", node=line[-1] if line else "", now=NOW)
        for root, accounts in everybody.items():
            decided = book.decide(conn, sorted(accounts), "marketing", node=line[-1] if line else "", now=NOW)
            assert decided.allowed is (root not in refused)
        conn.rollback()


@pytest.fixture
def records_db(records: Records) -> Records:
    with records.begin() as conn:
        above = ""
        for code in LINE:
            org.Org().put(conn, [org.NodeSpec(code=code, name=code, level="x", parent=above)], now=NOW, author="t")
            above = code
    return records


def _tree(_: Records) -> org.Org:
    return org.Org()


def test_merged_accounts_take_the_strictest_and_say_so() -> None:
    yes, no = (Standing.GRANTED, said("granted", 1)), (Standing.DENIED, said("denied", 1))
    silent = (Standing.UNKNOWN, None)
    both = consent.strictest([yes, no, silent], ASK)
    assert (both.standing, both.allowed, both.conflict) == (Standing.DENIED, False, True)
    one = consent.strictest([yes, silent], STRICT)
    assert (one.standing, one.allowed, one.conflict) == (Standing.GRANTED, True, False)
    assert consent.strictest([silent], ASK).allowed
    assert not consent.strictest([silent], STRICT).allowed


def _event(name: str, **props: str) -> Event:
    return Event("m1", "track", name, T, T, "app", "app", (), props=props)


def test_events_speak_of_consent() -> None:
    purposes = consent.parse_purposes(
        {"purposes": {"marketing": {"valid_for": "30d", "categories": ["Advertising"]}, "profiling": {}}}
    )
    [yes] = consent.records_of(_event("Consent Granted", purpose="marketing", text_version="v3"), 7, purposes)
    assert (yes.oneid, yes.said, yes.text_version, yes.evidence) == (7, "granted", "v3", "m1")
    assert yes.expires_ms == T + timedelta(days=30) // timedelta(milliseconds=1)
    choice = "context.consent.categoryPreferences."
    found = consent.records_of(
        _event("Segment Consent Preference Updated",
               **{f"{choice}Advertising": "false", f"{choice}profiling": "true", f"{choice}Other": "true"}),
        7, purposes,
    )  # fmt: skip
    assert {(one.purpose, one.said) for one in found} == {("marketing", "denied"), ("profiling", "granted")}
    assert consent.records_of(_event("Consent Granted", purpose="nothing"), 7, purposes) == ()
    [odd] = consent.records_of(_event("Consent Granted", purpose="profiling", expires_at="soon"), 7, purposes)
    assert consent.effective([odd], (), now_ms=T + 1)[0] is Standing.EXPIRED


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "purposes"),
        ({"purposes": {"Bad key": {}}}, "purposes.Bad key"),
        ({"purposes": {"a": {"unknown": "maybe"}}}, "purposes.a.unknown"),
        ({"purposes": {"a": {"valid_for": "soon"}}}, "purposes.a.valid_for"),
        ({"purposes": {"a": {"catgories": []}}}, "purposes.a.catgories"),
    ],
)
def test_a_wrong_document_names_the_field(document: dict[str, object], field: str) -> None:
    with pytest.raises(Error) as wrong:
        consent.parse_purposes(document)
    assert wrong.value.field == field
