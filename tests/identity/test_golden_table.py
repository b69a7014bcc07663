"""The golden cases and properties that the design asks for, and the tests that state them.

A case without its test fails here, so that the table cannot go stale.
"""

from pathlib import Path
from typing import Final

import pytest

_ORDERS = "properties/test_identity_orders.py"
_STORIES = "identity/test_golden_vendors.py::test_the_story_ends_as_told_in_any_order"

# Case: where it is tested, as file::test under tests/.
GOLDEN: Final = {
    "Segment: abc456 demotes the address of abc123": _STORIES,
    "Segment: the same, with its review": (
        "identity/test_identity_golden.py::test_a_second_user_id_demotes_the_shared_email"
    ),
    "Adobe: shared device 1, 2 and 3": _STORIES,
    "Adobe: a bad address": _STORIES,
    "Snowplow: Alice, Bob and a third person": _STORIES,
    "Sensors: bind, then unbind with its children": (
        "identity/test_golden_unbind.py::test_sensors_unbinding_a_parent_takes_its_children_along"
    ),
    "Quick Audience: a hashed number meets the clear one": (
        "identity/test_golden_hashes.py::test_the_clear_and_the_hashed_numbers_are_one"
    ),
    "PostHog: illegal ids": "identity/test_golden_vendors.py::test_posthog_no_illegal_id_names_anybody",
    "PostHog: illegal ids merge nobody": (
        "identity/test_golden_vendors.py::test_posthog_strangers_who_send_illegal_ids_are_not_merged"
    ),
    "Reltio: the earlier survives": (
        "identity/test_golden_vendors.py::test_reltio_of_two_people_the_earlier_survives_and_the_other_stays_resolvable"
    ),
    "Reltio: a tie": "identity/test_golden_vendors.py::test_reltio_a_tie_is_decided_by_the_identifiers_not_by_chance",
    "A recycled number leaves the old orders behind": (
        "identity/test_golden_silences.py::test_a_recycled_number_does_not_carry_the_old_owners_orders"
    ),
    "A number taken back leaves the old orders behind": (
        "identity/test_golden_unbind.py::test_a_recycled_phone_does_not_carry_the_old_owners_orders"
    ),
    "A forgotten cookie chains nobody": (
        "identity/test_golden_silences.py::test_a_forgotten_cookie_does_not_chain_two_people"
    ),
    "A late event closes the gap": "identity/test_golden_silences.py::test_a_late_event_closes_the_gap",
    "Any order of arrival": f"{_ORDERS}::test_any_order_of_arrival_gives_the_same_people",
    "Any order of arrival, with silences and unbinds": (
        "properties/test_identity_silences.py::test_any_order_of_arrival_gives_the_same_spans_and_people"
    ),
    "Incremental equals batch": f"{_ORDERS}::test_a_rebuild_finds_nothing_to_change",
    "Merge, then unmerge, is the identity": f"{_ORDERS}::test_merge_then_unmerge_is_the_identity",
    "The same with traits, tags and segments": (
        "properties/test_unmerge_lossless.py::test_a_merge_taken_back_leaves_what_twins_have_who_never_merged"
    ),
    "Nobody crosses a cannot-link": (
        "properties/test_identity_thousands.py::test_no_person_crosses_a_cannot_link_or_another_history"
    ),
    "Who is suppressed is sent nothing": (
        "governance/test_privacy_api.py::test_suppression_stops_collecting_and_sending_until_resumed"
    ),
    "Splink: scores on real registers": "matching/test_engine.py::test_real_registers",
}


@pytest.mark.parametrize("case", GOLDEN)
def test_every_case_has_its_test(case: str) -> None:
    file, _, name = GOLDEN[case].partition("::")
    assert f"def {name}(" in (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
