"""Staff who leave: tokens, roles and customers in one step, with preview and undo; roles that end by themselves."""

from datetime import timedelta
from typing import Any

import pytest

from ninefold.app.upkeep import Upkeep
from ninefold.base import FixedClock

from .conftest import Api

ORG = {"kind": "org", "key": "o", "nodes": [{"code": "casa"}, {"code": "s1", "parent": "casa"},
                                            {"code": "s2", "parent": "casa"}]}  # fmt: skip
EXPERT = {"kind": "role", "key": "expert", "name": "Expert"}
PEOPLE = 7


@pytest.fixture
def staffed(api: Api) -> Api:
    """Seven customers of guide-7 in a store, one of ann and one of bob; guide-7 is a person with a role too."""
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG, EXPERT]})["ok"]
    users = [f"u{n}" for n in range(PEOPLE)] + ["va", "vb", "guide"]
    api.collect(*({"type": "identify", "userId": user, "messageId": f"i-{user}", "traits": {}} for user in users))
    owners = dict.fromkeys(users[:PEOPLE], "guide-7") | {"va": "ann", "vb": "bob"}
    for user, owner in owners.items():
        api.ok("POST", f"/v1/people/user_id:{user}/memberships", json={"node": "s1", "owner": owner})
    api.ok("POST", "/v1/people/user_id:guide/roles", json={"role": "expert", "reason": "knows tea"})
    return api


def _owners(api: Api) -> dict[str, int]:
    found: dict[str, int] = {}
    for n in range(PEOPLE):
        (one,) = api.ok("GET", f"/v1/people/user_id:u{n}/memberships")
        found[one["owner"]] = found.get(one["owner"], 0) + 1
    return found


def test_who_leaves_is_out_and_the_customers_are_shared_and_all_can_be_taken_back(staffed: Api) -> None:
    secret = staffed.ok("POST", "/v1/keys", json={"kind": "token", "name": "guide-7"})["secret"]
    assert staffed.call("GET", "/v1/org", token=secret).status_code == 200
    body: dict[str, Any] = {"name": "guide-7", "node": "casa", "person": "user_id:guide", "reason": "left"}
    plan = staffed.ok("POST", "/v1/staff/leave", json=body | {"preview": True})
    assert plan["shares"] == [{"name": "ann", "memberships": 4}, {"name": "bob", "memberships": 3}]
    assert (plan["departure"], len(plan["keys"]), plan["roles"]) == (0, 1, ["expert"])
    assert _owners(staffed) == {"guide-7": PEOPLE}  # a preview changes nothing

    done = staffed.ok("POST", "/v1/staff/leave", json=body)
    assert done | {"departure": 0} == plan
    assert _owners(staffed) == {"ann": 4, "bob": 3}
    assert staffed.call("GET", "/v1/org", token=secret).status_code == 401
    assert staffed.ok("GET", "/v1/people/user_id:guide/roles")[0]["until"] is not None
    history = staffed.ok("GET", "/v1/people/user_id:u0/memberships/history")
    assert [(one["before"], one["reason"]) for one in history] == [("guide-7", "left")]

    staffed.ok("POST", "/v1/org/transfer", json={"people": ["user_id:u0"], "to_owner": "cat", "reason": "asked"})
    undone = staffed.ok("POST", f"/v1/staff/departures/{done['departure']}/undo")
    assert undone == {"memberships": PEOPLE - 1, "kept": 1, "keys": 1, "roles": 1}
    assert _owners(staffed) == {"guide-7": PEOPLE - 1, "cat": 1}  # what was given on meanwhile stays
    assert staffed.call("GET", "/v1/org", token=secret).status_code == 200
    assert staffed.ok("GET", "/v1/people/user_id:guide/roles")[0]["until"] is None
    again = staffed.call("POST", f"/v1/staff/departures/{done['departure']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "departure_undone")
    assert [one["undone_at"] is None for one in staffed.ok("GET", "/v1/staff/departures")] == [False]


@pytest.mark.parametrize(
    ("change", "field"),
    [({}, "to"), ({"to": ["guide-7"]}, "to"), ({"node": "s2"}, "node"), ({"name": " ", "to": ["ann"]}, "name")],
)
def test_somebody_must_take_over(staffed: Api, change: dict[str, Any], field: str) -> None:
    refused = staffed.call("POST", "/v1/staff/leave", json={"name": "guide-7", "reason": "left"} | change)
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert _owners(staffed) == {"guide-7": PEOPLE}


def test_a_role_with_an_end_ends_by_itself_and_the_book_says_so(staffed: Api) -> None:
    clock = staffed.ninefold.clock
    assert isinstance(clock, FixedClock)
    end = (clock.now() + timedelta(days=2)).isoformat()
    staffed.ok("POST", "/v1/people/user_id:va/roles", json={"role": "expert", "ends_at": end})
    over = staffed.call(
        "POST", "/v1/people/user_id:vb/roles", json={"role": "expert", "ends_at": "2020-01-01T00:00:00Z"}
    )
    assert over.json()["code"] == "bad_role_end"
    upkeep = Upkeep(staffed.ninefold, lambda _name, _key: None)
    upkeep._end_roles()
    assert len(staffed.ok("GET", "/v1/roles/expert/people")) == 2
    clock.set(clock.now() + timedelta(days=2, minutes=3))
    assert len(staffed.ok("GET", "/v1/roles/expert/people")) == 1  # at once, whenever the schedule comes
    for _ in range(2):
        upkeep._end_roles()
    (held,) = staffed.ok("GET", "/v1/people/user_id:va/roles")
    assert held["until"] == held["ends_at"]
    entries = staffed.ok("GET", "/v1/audit", params={"verb": "role ended"})["entries"]
    assert [one["detail"] for one in entries] == [{"role": "expert"}]
    staffed.ok("POST", "/v1/people/user_id:va/roles", json={"role": "expert"})
