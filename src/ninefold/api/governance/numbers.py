"""Member numbers, members found by them, and memberships from files, over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.api.bringing.imports import passing
from ninefold.api.scope import scope_of
from ninefold.base import Clock
from ninefold.profiles import Profiles, memberships, numbers, read_reference

from .belonging import MembershipOut, membership_out
from .trail import note

router = APIRouter(prefix="/v1", tags=["organisation"])

Code = Annotated[str, Path(max_length=63, description="of a node")]
ImportId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class IssueIn(BaseModel):
    """Who gets a number."""

    people: list[str] | None = Field(
        None, max_length=10_000, description="references; without them every active member", examples=[None]
    )


class IssuedOut(BaseModel):
    """What issuing came to, or would come to."""

    node: str
    issued: int = Field(description="members who got a number, at most 10,000 a call")
    waiting: int = Field(description="active members who have none yet; call again")
    unlinked: int = Field(description="of those, whose number the identity rules do not take as an identifier")
    sample: list[str] = Field(description="of a preview: the numbers that come next")


class MemberOut(BaseModel):
    """A person found by a member number."""

    person: str = Field(description="public id")
    membership: MembershipOut


class WrongOut(BaseModel):
    """Why a row of a file was not taken."""

    row: int = Field(description="as a spreadsheet shows it")
    column: str
    code: str = Field(examples=["number_taken"])
    got: str
    allowed: str


class BroughtOut(BaseModel):
    """What a file of memberships came to, or would come to."""

    id: int = Field(description="for taking it back; 0 of a dry run")
    rows: int
    made: int
    changed: int
    same: int
    rejected: int
    wrong: list[WrongOut] = Field(description="the first 10,000")


class MembershipImportOut(BaseModel):
    """A file of memberships as history keeps it."""

    id: int
    file: str
    at: datetime
    author: str
    rows: int
    made: int
    changed: int
    rejected: int
    undone_at: datetime | None


class UndoneImportOut(BaseModel):
    """What taking an import back did."""

    gone: int = Field(description="memberships that it had made")
    restored: int = Field(description="memberships that are as before")
    kept: int = Field(description="memberships that somebody changed since, which stay")


_SHOWN = 10_000


@router.get("/org/{code}/numbers")
def preview(request: Request, code: Code) -> IssuedOut:
    """How many active members of a node have no number, and the numbers that come next; nothing is written."""
    desk: numbers.Numbers = request.app.state.member_numbers
    with request.app.state.records.begin() as conn:
        return IssuedOut.model_validate(desk.preview(conn, code), from_attributes=True)


@router.post("/org/{code}/numbers")
def issue(request: Request, caller: Caller, code: Code, body: IssueIn) -> IssuedOut:
    """Give active members of a node that have no number one, by the node's pattern; never one twice."""
    profiles: Profiles = request.app.state.profiles
    people = None
    if body.people is not None:
        people = [profiles.oneid(read_reference(one)) for one in body.people]
    done = _issue(request, code, people, caller.name)
    note(request, target=code, issued=done.issued)
    return IssuedOut.model_validate(done, from_attributes=True)


@router.get("/org/{code}/numbers/{number}")
def find(
    request: Request, caller: Caller, code: Code, number: Annotated[str, Path(min_length=1, max_length=200)]
) -> list[MemberOut]:
    """Whose a member number is, in a node and below it: nobody, one, or of a conflict several."""
    desk: memberships.Memberships = request.app.state.memberships
    with request.app.state.records.begin() as conn:
        found = desk.with_number(conn, number, under=code, within=caller.scope.node)
    return [MemberOut(person=one.person, membership=membership_out(one.membership, caller.scope)) for one in found]


@router.post("/memberships/imports")
def bring(
    request: Request,
    caller: Caller,
    file: Annotated[UploadFile, File(description="CSV, Excel, Parquet or JSON Lines; a column person is needed")],
    namespace: Annotated[str, Form(max_length=63, description="of references that name none")] = "",
    node: Annotated[str, Form(max_length=63, description="of rows that name none")] = "",
    dry_run: Annotated[bool, Form(description="only say what it would come to")] = False,  # noqa: FBT002 - a form field
) -> BroughtOut:
    """Take memberships from a file, at most 200,000 rows: good rows are taken, the others stand in the answer."""
    desk: numbers.MembershipImports = request.app.state.membership_imports
    clock: Clock = request.app.state.clock
    with passing(request.app.state.imports.folder, file) as path, request.app.state.records.begin() as conn:
        reader = desk.reader(conn, namespace=namespace, node=node)
        done = desk.bring(conn, path, reader, now=clock.now(), author=caller.name, dry=dry_run)
    note(request, target=f"memberships/imports/{done.id}", made=done.made, changed=done.changed)
    clear = "identifiers" in scope_of(request).clear
    wrong = [
        WrongOut(row=one.row, column=one.column, code=one.code, got=one.got if clear else "***", allowed=one.allowed)
        for one in done.wrong[:_SHOWN]
    ]
    return BroughtOut(id=done.id, rows=done.rows, made=done.made, changed=done.changed, same=done.same,
                      rejected=len(done.wrong), wrong=wrong)  # fmt: skip


@router.get("/memberships/imports")
def history(request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[MembershipImportOut]:
    """Files of memberships, newest first."""
    desk: numbers.MembershipImports = request.app.state.membership_imports
    with request.app.state.records.begin() as conn:
        return [
            MembershipImportOut.model_validate(one, from_attributes=True) for one in desk.history(conn, limit=limit)
        ]


@router.post("/memberships/imports/{number}/undo")
def undo(request: Request, caller: Caller, number: ImportId) -> UndoneImportOut:
    """Take an import back: what it made goes, what it changed is as before, what changed since stays."""
    desk: numbers.MembershipImports = request.app.state.membership_imports
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        done = desk.undo(conn, number, now=clock.now(), author=caller.name)
    return UndoneImportOut.model_validate(done, from_attributes=True)


def _issue(request: Request, code: str, people: list[int] | None, author: str) -> numbers.Issued:
    desk: numbers.Numbers = request.app.state.member_numbers
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        return desk.issue(conn, code, people=people, now=clock.now(), author=author)
