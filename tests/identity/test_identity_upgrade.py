"""Identity written by a release before home numbers, spans and the ledger's words: it goes on as the same people."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import ninefold
from ninefold.identity import Identity
from ninefold.identity.desk.rebuilding import rebuild
from ninefold.store import EmbeddedPostgres, Records
from tests.identity.batches import NOW, START_MS, check_consistency, resolve

# As release 0004 kept it: a number per person, the first person of each identifier, and plain statements. Ana's two
# numbers are one person; Ben has a number of his own and shares a tablet that stayed with Ana.
_OLD = (
    (
        "INSERT INTO persons (oneid, public_id, created_at, merged_into) VALUES"
        " (1, 'p_ana', now(), NULL), (2, 'p_ana2', now(), 1), (3, 'p_ben', now(), NULL)"
    ),
    (
        "INSERT INTO identifiers (id, namespace, value, oneid, origin, first_seen_ms, last_seen_ms) VALUES"
        " (1, 'user_id', 'ana', 1, 1, 0, 0), (2, 'device_id', 'tablet', 1, 1, 0, 0),"
        " (3, 'email', 'ana@example.org', 1, 2, 0, 0), (4, 'user_id', 'ben', 3, 3, 0, 0)"
    ),
    (
        "INSERT INTO identity_assertions"
        " (a, b, action, reason, source, seen_ms, recorded_at, rule_version, evidence, batch_id) VALUES"
        " (1, 2, 1, 0, 'web', 10, now(), 1, 'm1', 1), (1, 3, 1, 0, 'web', 30, now(), 1, 'm3', 1),"
        " (2, 4, 2, 2, 'web', 20, now(), 1, 'm2', 1)"
    ),
    (
        "SELECT setval(pg_get_serial_sequence('persons', 'oneid'), 3),"
        " setval(pg_get_serial_sequence('identifiers', 'id'), 4)"
    ),
)


def test_people_written_before_home_numbers_go_on_as_they_were(postgres: EmbeddedPostgres) -> None:
    url = postgres.ensure_database("identity_upgrade")
    config = Config()
    config.set_main_option("script_location", str(Path(ninefold.__file__).parent / "store" / "records"))
    engine = sa.create_engine(Records(url).engine.url)
    with engine.connect() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0004")
        for text in _OLD:
            conn.execute(sa.text(text))
        conn.commit()
    engine.dispose()
    records = Records.open(url)  # brings it to the present schema
    try:
        with records.begin() as conn:
            identity = Identity.load(conn)
            assert identity.find(conn, "email", "ana@example.org") == identity.find(conn, "user_id", "ana") == 1
            assert identity.by_public_id(conn, "p_ana2").oneid == 1
            assert rebuild(conn, identity.rules, now=NOW).moved == 0
            found = resolve(conn, identity, {"user_id": "ben", "phone": "13812345601"}, {"email": "ana@example.org"})
            assert found.root.tolist() == [3, 1]
            late = resolve(conn, identity, {"user_id": "ben", "device_id": "tablet"}, start=-START_MS // 1000)
            assert late.root.tolist() == [3]
            assert identity.find(conn, "device_id", "tablet") == 3  # Ben had it first, as is known now
            check_consistency(conn, identity)
    finally:
        records.close()
