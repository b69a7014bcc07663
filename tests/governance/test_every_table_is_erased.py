"""No table is forgotten by erasure: each belongs to a store of personal data, or keeps nothing of people, and says why.

A new table fails here until somebody has thought about whose data it keeps.
"""

import re
from typing import Any

from ninefold.app.privacy.desk import REMARKS
from ninefold.store import TABLES, metadata
from tests.conftest import load_every_table

from .conftest import Api

ERASED_BY = {
    "answers to partners": ("call_answers",),
    "belonging": (
        "memberships", "membership_changes", "membership_import_rows", "person_roles", "relations", "consent_records",
    ),
    "matching": ("match_candidates", "review_claims", "review_votes"),
    "change feed": ("changes",),
    "events": ("profile_sheets", "sheet_changes"),
    "identity": (
        "persons", "identifiers", "identity_assertions", "identity_beside", "identity_digests", "identity_reviews",
    ),
    "import files": ("import_errors",),
    "imported orders": ("import_lines", "import_orders"),
    "inbox": ("inbox",),
    "messages": ("effects",),
    "quarantine": ("quarantine",),
    "tags by hand": ("manual_tags",),
    "things": ("item_statements",),
    "told relations": ("told_relations",),
}  # fmt: skip
"""Tables of the records store by the personal store that erases them."""

NUMBERS = "numbers of people that lead to nobody once they are erased"
STAFF = "people who work here, not customers"
REQUEST = "the proof of an erasure, and what keeps the person from coming back: sealed or hashed"
OURS = "names and figures of ours"
IMPERSONAL = {
    **dict.fromkeys((
        "campaign_members", "identity_merges", "identity_moves", "identity_outbox", "identity_rule_change_people",
        "pipeline_outbox", "waiting_merges",
    ), NUMBERS),
    **dict.fromkeys(("access_keys", "sessions", "users", "user_codes", "user_links", "staff_departures"), STAFF),
    **dict.fromkeys((
        "legal_holds", "privacy_notices", "privacy_requests", "suppressed_identifiers", "suppressed_people",
    ), REQUEST),
    **dict.fromkeys(("audit_entries", "audit_head"), "names nobody but by public id; chained, so never changed"),
    **dict.fromkeys(("messages", "dropped_messages"), "hashes of message ids"),
    **dict.fromkeys((
        "call_limits", "call_secrets", "campaign_runs", "change_head", "changed_traits", "connector_files",
        "connector_runs", "connectors", "definitions", "identity_hash_states", "identity_rule_changes", "import_runs",
        "inbox_batches", "matching_models", "matching_runs", "membership_imports", "number_series", "org_moves",
        "org_nodes", "published_versions", "retention_runs", "tag_builds", "webhook_attempts", "webhook_states",
    ), OURS),
}  # fmt: skip
"""The other tables, and why nothing of them is erased."""

EVENTS_ERASED = ("events", "traits", "trait_changes", "tags", "people", "redirects", "segment_entries")
EVENTS_KEPT = {
    "segment_versions": NUMBERS,
    "tag_runs": OURS,
    "past_days": "totals of what retention took away, of nobody in particular",
}

PERSONAL_COLUMN = re.compile(
    r"oneid|account|accounts|value|phone|email|public_id|payload|raw|body|got|properties|cells"
)
FREE_WORDS = re.compile(r"reason|note|why|error|last_error|remark|removed_why")


def _tables() -> dict[str, Any]:
    load_every_table()
    return dict(metadata.tables)


def _erased() -> dict[str, str]:
    return {table: store for store, tables in ERASED_BY.items() for table in tables}


def test_every_table_belongs_to_a_store_of_personal_data_or_says_why_not() -> None:
    listed = {*_erased(), *IMPERSONAL}
    assert set(_tables()) - listed == set(), "whose data do these keep? name their personal store, or say why none"
    assert listed - set(_tables()) == set(), "these tables are gone"
    assert not set(_erased()) & set(IMPERSONAL)


def test_the_stores_are_those_that_erasing_goes_through(api: Api) -> None:
    names = {store.name for store in api.ninefold._personal_stores()}
    assert set(ERASED_BY) - names == set()
    assert names - set(ERASED_BY) == {"outbox", "remarks"}, "files, and words in tables of others"


def test_what_looks_personal_has_a_word_of_its_own() -> None:
    """A table of names and figures of ours has no column that could hold a person."""
    suspects = [
        f"{name}.{column.name}"
        for name, table in _tables().items()
        if IMPERSONAL.get(name) == OURS
        for column in table.columns
        if PERSONAL_COLUMN.fullmatch(column.name)
    ]
    assert suspects == []


def test_free_words_are_searched_where_they_do_not_go_with_the_person() -> None:
    searched = set(REMARKS)
    left = [
        f"{name}.{column.name}"
        for name, table in _tables().items()
        if name in IMPERSONAL
        for column in table.columns
        if FREE_WORDS.fullmatch(column.name) and (name, column.name) not in searched
    ]
    assert left == [], "may somebody write an identifier there? name it in REMARKS"


def test_every_table_of_the_events_store_too() -> None:
    assert {table.name for table in TABLES} == {*EVENTS_ERASED, *EVENTS_KEPT}
    counted = [table for table in TABLES if any(column.name == "oneid" for column in table.columns)]
    assert {table.name for table in counted} <= set(EVENTS_ERASED)
