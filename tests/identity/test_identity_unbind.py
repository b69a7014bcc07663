"""Bind and unbind: what was before stays, what comes after begins anew; late events find their own time."""

from random import Random

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import Action, IdentifierBatch, Identity, parse_rules
from ninefold.identity.desk.rebuilding import rebuild
from ninefold.store import Records
from tests.identity.batches import NOW, START_MS, Event, batch_of, check_consistency, rows
from tests.properties.test_identity import fresh


def at(conn: Connection, identity: Identity, second: int, event: Event, *, unbind: bool = False) -> tuple[int, int]:
    """Home and person of an event."""
    plain = batch_of([event], start=second)
    batch = IdentifierBatch(
        row=plain.row, namespace=plain.namespace, value=plain.value, ts_ms=np.array([START_MS + 1000 * second]),
        source=plain.source, message_id=plain.message_id, unbind=np.array([unbind]),
    )  # fmt: skip
    found = identity.resolve(conn, batch, now=NOW)
    return int(found.oneid[0]), int(found.root[0])


@pytest.fixture
def identity() -> Identity:
    return Identity()


U1: Event = {"user_id": "u1"}
PHONE: Event = {"phone": "13812345601"}
BOTH: Event = {"user_id": "u1", "phone": "13812345601"}


def test_an_unbound_phone_begins_anew_and_its_history_stays(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        at(conn, identity, 1, BOTH)
        home, before = at(conn, identity, 2, PHONE)
        assert at(conn, identity, 5, BOTH, unbind=True)[1] == before
        assert identity.find(conn, "phone", "13812345601") is None
        fresh, after = at(conn, identity, 7, PHONE)
        assert after == fresh != before
        assert at(conn, identity, 3, PHONE) == (home, before)  # late, but of the time before
        assert at(conn, identity, 8, U1)[1] == before
        assert [one.namespace for one in identity.identifiers_of(conn, before)] == ["user_id"]
        assert at(conn, identity, 5, BOTH, unbind=True)[1] == before  # told twice
        assert rows(conn, "identifiers") == 3
        assert rebuild(conn, identity.rules, now=NOW).moved == 0
        check_consistency(conn, identity)


def test_the_next_owner_takes_the_phone_and_the_first_may_take_it_back(records: Records, identity: Identity) -> None:
    with records.begin() as conn:
        _, one = at(conn, identity, 1, BOTH)
        at(conn, identity, 5, BOTH, unbind=True)
        _, two = at(conn, identity, 6, {"user_id": "u2", "phone": "13812345601"})
        assert two != one
        assert at(conn, identity, 7, PHONE)[1] == two
        at(conn, identity, 8, {"user_id": "u2", "phone": "13812345601"}, unbind=True)
        at(conn, identity, 9, BOTH)
        assert at(conn, identity, 10, PHONE)[1] == one
        assert rebuild(conn, identity.rules, now=NOW).moved == 0


def test_a_single_identifier_leaves_and_its_children_with_it(records: Records) -> None:
    rules = parse_rules({"namespaces": {"openid": {"parent": "unionid"}}})
    identity = Identity(rules)
    wechat: Event = {"user_id": "u1", "unionid": "n1", "openid": "o1"}
    with records.begin() as conn:
        _, one = at(conn, identity, 1, wechat)
        assert at(conn, identity, 5, {"unionid": "n1"}, unbind=True)[1] == one
        assert [found.namespace for found in identity.identifiers_of(conn, one)] == ["user_id"]
        again, person = at(conn, identity, 6, {"unionid": "n1", "openid": "o1"})
        assert person == again != one
        said = {link.action for link in identity.how_linked(conn, one)}
        assert Action.UNBIND in said
        assert rebuild(conn, rules, now=NOW).moved == 0


UNBOUND = (5, BOTH, True)
HISTORY: list[tuple[int, Event, bool]] = [
    (1, BOTH, False), (2, PHONE, False), UNBOUND, (6, {"user_id": "u2", "phone": "13812345601"}, False),
    (7, PHONE, False), (8, {"phone": "13812345601", "device_id": "d"}, False), (9, {"user_id": "u1"}, False),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_an_unbind_that_arrives_late_gives_the_people_it_would_have_given_in_time(
    records: Records, identity: Identity, seed: int
) -> None:
    """Statements of the ledger go to the span in which they happened, and who met there is derived anew."""
    owners = []
    for history in (HISTORY, Random(seed).sample(HISTORY, len(HISTORY))):
        with fresh(records) as conn:
            for second, event, unbind in history:
                at(conn, identity, second, event, unbind=unbind)
            spans = conn.execute(sa.text("SELECT id, namespace, value, oneid FROM identifiers ORDER BY 2, 3, since_ms"))
            groups: dict[int | None, list[tuple[str, str, int]]] = {}
            for k, row in enumerate(spans):
                groups.setdefault(row.oneid, []).append((row.namespace, row.value, k))
            owners.append(sorted(groups.values()))
            assert rebuild(conn, identity.rules, now=NOW).moved == 0
            check_consistency(conn, identity)
    assert owners[0] == owners[1]
