"""Segments: saving definitions, previewing, building versions in order, explaining, retiring.

A build is one INSERT ... SELECT of one row: a version is there whole or not at all, and the versions before stay.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import conflict, invalid, refused, to_ms
from ninefold.identity import Identity
from ninefold.predicate import (
    Catalog,
    Condition,
    Explanation,
    Problem,
    Reading,
    Turn,
    bitmap_select,
    explain,
    lineage,
    members,
    survivorship,
    when_next,
)
from ninefold.profiles import sheets
from ninefold.store import (
    Definition,
    Document,
    Events,
    Records,
    Statement,
    changes,
    find_definition,
    get_definition,
    list_definitions,
    put_definition,
    retire_definition,
)

from .catalog import UNSEEN, known_names
from .header import UsedBy, read_stored
from .model import Preview, Refresh, Segment
from .queries import segments as sql
from .rules import KIND, build_order, inlined, problems, read_condition, read_segment, refuse_cycle
from .snapshots import Snapshots

PREVIEW_SECONDS_MAX = 20
SAMPLE_MAX = 100


class Segments(Snapshots):
    """The segments of one brand: their definitions, and everything :class:`Snapshots` reads."""

    def __init__(
        self,
        records: Records,
        events: Events,
        identity: Identity,
        *,
        zone: str = "UTC",
        used_by: Iterable[UsedBy] = (),
    ) -> None:
        """Args: the stores; OneID; the business zone of dates in conditions; who may use a segment."""
        super().__init__(records, events, identity)
        self.zone = zone
        self._used_by = tuple(used_by)

    def save(self, conn: Connection, document: Document, *, now: datetime, author: str = "") -> Segment:
        """Check a segment document and keep it as the next version; unchanged content makes no new version.

        Args:
            conn: the caller's transaction.
            document: see ``docs/guide/segments.md``.
            now: when.
            author: who.

        Raises:
            Error: invalid, naming the first wrong field: form, unknown tag or segment ("did you mean"), a
                comparison that can never hold, or a segment that would come to use itself. An event, trait or
                property that nobody has been seen with is advice: it may be about to come.
        """
        segment = read_segment(document)
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("segments", 0))))
        others = {definition.key: definition for definition in list_definitions(conn, KIND)}
        fixed = "list" in document
        found = () if fixed else problems(document["condition"], self.catalog(conn, segment.condition))
        for problem in found:
            if problem.code not in UNSEEN:
                raise problem.error()
        uses = {key: _segment(definition).uses for key, definition in others.items() if key != segment.key}
        refuse_cycle(segment.key, segment.uses, uses)
        kept = put_definition(conn, KIND, segment.key, document, now=now, author=author)
        advice = tuple(f"{one.field}: {one.message} {one.got!r}. {one.hint}".strip() for one in found)
        return replace(segment, version=kept.version, advice=advice)

    def get(self, key: str, version: int | None = None) -> Segment:
        """A segment by key; raises missing with the nearest key."""
        with self._records.begin() as conn:
            return _segment(get_definition(conn, KIND, key, version))

    def list(self) -> tuple[Segment, ...]:
        """All segments that are not retired, by key."""
        with self._records.begin() as conn:
            return tuple(_segment(definition) for definition in list_definitions(conn, KIND))

    def preview(
        self, condition: object, *, now: datetime, sample: int = 10, seconds_max: int = PREVIEW_SECONDS_MAX
    ) -> Preview:
        """How many people a condition document has at this moment, and some of them; nothing is written.

        Segments it is made from are read from their newest versions; those never built are worked out on the spot.

        Args:
            condition: a predicate document or set algebra, as under ``condition`` of a segment.
            now: the moment.
            sample: public ids wanted, 0 to 100.
            seconds_max: when to give up, at least 1.

        Raises:
            Error: invalid (the first wrong field); unavailable (took too long).
        """
        if not 0 <= sample <= SAMPLE_MAX or seconds_max < 1:
            raise invalid(
                "bad_preview",
                "not a preview",
                field="sample",
                got=f"{sample} in {seconds_max} s",
                allowed=f"0 to {SAMPLE_MAX} people, 1 second or more",
            )
        wanted, wrong = self.inspected(condition)
        for problem in wrong:
            raise problem.error()
        newest, whole = self.newest(), self.resolved(wanted)
        people = bitmap_select(whole, now=now, zone=self.zone, reading=self._reading())
        statement = sql.preview(people, sample=sample, seconds_max=seconds_max)
        [row] = self._events.query(statement).to_pylist()
        with self._records.begin() as conn:
            names = self._identity.public_ids(conn, row["sample"])
        return Preview(
            size=row["size"],
            sample=tuple(names[oneid] for oneid in row["sample"] if oneid in names),
            parts=tuple(newest[key] for key in sorted(lineage(whole).segments) if key in newest),
        )

    def refresh(self, keys: Iterable[str] | None = None, *, now: datetime) -> tuple[Refresh, ...]:
        """Build new versions of segments, each after the segments it is made from.

        Args:
            keys: the segments wanted; what they are made from is built too, so that the result is as of now.
                None builds all.
            now: as of when.

        Returns:
            One entry per version built, in the order of building.

        Raises:
            Error: missing (no such segment); conflict, retryable (a segment asked for by name is being built at
                this moment, or a part of it for the first time; without names such a one is passed over, and a
                part is taken from its version before).
        """
        with self._records.begin() as conn:
            known = {definition.key: _segment(definition) for definition in list_definitions(conn, KIND)}
            named = set(keys) if keys is not None else set()
            for key in sorted(named - set(known)):
                get_definition(conn, KIND, key)
        order = build_order(named if keys is not None else known, {key: one.uses for key, one in known.items()})
        newest = self.newest()
        built: list[Refresh] = []
        wanting: set[str] = set()  # never built, and not now either: what is made from them has to wait
        for key in order:
            with self._records.hold(f"segment/{key}") as held:
                if held and not known[key].uses & wanting:
                    built.append(self._build(known[key], now))
                elif key in named:
                    raise conflict(
                        "segment_busy",
                        f'segment "{key}", or a part of it, is being built at this moment',
                        retryable=True,
                    )
                elif key not in newest:
                    wanting.add(key)
        return tuple(built)

    def inspected(self, condition: object) -> tuple[Condition, tuple[Problem, ...]]:
        """The tree of a condition document, and everything wrong with it by the names that are known.

        Raises:
            Error: invalid, where the document cannot be read at all.
        """
        wanted = read_condition(condition)
        with self._records.begin() as conn:
            return wanted, problems(condition, known_names(conn, self._events, wanted))

    def statement(self, condition: Condition, *, now: datetime) -> Statement:
        """What the events store would be asked for the people of a condition that is right: one column, `oneid`."""
        return members(self.resolved(condition), now=now, zone=self.zone, reading=self._reading())

    def resolved(self, condition: Condition) -> Condition:
        """A condition in which segments that were never built have become their own conditions."""
        if not lineage(condition).segments:
            return condition
        newest = self.newest()
        return inlined(condition, {one.key: one.condition for one in self.list() if one.key not in newest})

    def keep(self, document: Document, people: NDArray[np.uint32], *, now: datetime, author: str = "") -> Refresh:
        """Save people who were chosen once as a segment, a list, and build its version.

        Building it again later changes nothing but that merges are followed. Saving the key again replaces the list.

        Args:
            document: a segment document with ``list`` in place of ``condition``.
            people: present oneids.
            now: when.
            author: who.

        Raises:
            Error: invalid; conflict, when there is a segment with a condition under that key, or it is being built.
        """
        wanted = read_segment(document)
        with self._records.begin() as conn:
            before = find_definition(conn, KIND, wanted.key)
            if before is not None and "list" not in before.document:
                raise conflict("segment_exists", f'there is a segment "{before.key}" with a condition')
            segment = self.save(conn, document, now=now, author=author)
        with self._records.hold(f"segment/{segment.key}") as held:
            if not held:
                raise conflict("segment_busy", f'segment "{segment.key}" is being built at this moment', retryable=True)
            self._unstage(segment.key)  # what a build that died has left
            self._events.insert("tags", sql.staged_rows(segment.key, people))
            refresh = self._build(segment, now, sql.staged_members(segment.key))
            self._unstage(segment.key)
        return refresh

    def why(self, key: str, oneid: int, *, now: datetime, version: int | None = None) -> Explanation:
        """Why a person is in a segment or not, clause by clause, at this moment.

        Args:
            key: the segment.
            oneid: the person.
            now: the moment asked about; the newest version may be older, see :meth:`contains`.
            version: version of the definition; the present one by default.
        """
        condition = self.get(key, version).condition
        return explain(condition, oneid, self._events, now=now, zone=self.zone, reading=self._reading())

    def when(self, key: str, oneid: int, *, now: datetime) -> Turn:
        """When a person will come into a segment or leave it by themselves, because time passes.

        Segments it is made from are looked at by their own conditions, as if they were refreshed all the time.

        Args:
            key: the segment.
            oneid: the person.
            now: from when on.

        Raises:
            Error: missing, when there is no such segment or person.
        """
        own = {one.key: one.condition for one in self.list()}
        whole = inlined(self.get(key).condition, own)
        return when_next(whole, oneid, self._events, now=now, zone=self.zone, reading=self._reading())

    def users_of(self, key: str) -> tuple[str, ...]:
        """What uses a segment: other segments, and whoever was named to the constructor."""
        with self._records.begin() as conn:
            return self._users(conn, key)

    def users_of_tag(self, tag: str) -> tuple[str, ...]:
        """The segments whose conditions ask for a tag, as names for a delete guard."""
        return tuple(f"segment {segment.key}" for segment in self.list() if tag in lineage(segment.condition).tags)

    def retire(self, conn: Connection, key: str, *, now: datetime) -> None:
        """Hide a segment; its versions stay readable, and saving it again brings it back.

        Raises:
            Error: missing; refused, with its users named, while it is used.
        """
        users = self._users(conn, key)
        if users:
            raise refused(
                "segment_in_use", f'segment "{key}" is used by {", ".join(users)}', hint="change or retire those first"
            )
        retire_definition(conn, KIND, key, now=now)

    def _users(self, conn: Connection, key: str) -> tuple[str, ...]:
        segments = (_segment(definition) for definition in list_definitions(conn, KIND))
        own = {f"segment {one.key}" for one in segments if key in one.uses}
        return tuple(sorted(own.union(*(used_by(key) for used_by in self._used_by))))

    def _unstage(self, key: str) -> None:
        if self._events.count(sql.staged_count(key)):
            self._events.delete("tags", sql.staged(key))

    def _build(self, segment: Segment, now: datetime, members: Statement | None = None) -> Refresh:
        history = self.history(segment.key)
        before = history[0] if history else None
        version = before.version + 1 if before else 1
        people = members or bitmap_select(segment.condition, now=now, zone=self.zone, reading=self._reading())
        self._events.command(
            sql.publish(people, segment=segment.key, version=version, definition=segment.version, now=now)
        )
        for statement in sql.note_entries(segment.key):  # one builder at a time holds the segment's lock
            self._events.command(statement)
        self._tell(segment.key, version, now)
        snapshot = self.at(segment.key, version)
        if before is None:
            return Refresh(snapshot=snapshot, before=None, entered=snapshot.size, left=0)
        change = self.difference(segment.key, before.version, version)
        return Refresh(snapshot=snapshot, before=before, entered=change.entered, left=change.left)

    def _tell(self, key: str, version: int, now: datetime) -> None:
        """Profiles must know the version, and of whom it says something new; the log of changes, who entered and left.

        Both in one transaction, since the last version that was told of: so once each, also after a crash in between.
        """
        with self._records.begin() as conn:
            known = sheets.published(conn)["segment"].get(key)
        nobody: NDArray[np.uint32] = np.empty(0, np.uint32)
        changed, moved = nobody, {"entered": nobody, "left": nobody}
        if known is not None:
            [changed] = self._events.query(sql.entered_since(key, known.version))["oneids"].to_numpy()
            found = self._events.query(sql.moves(key, known.version, version))
            moved |= {side: np.asarray(found[side][0].as_py(), np.uint32) for side in moved if found.num_rows}
        with self._records.begin() as conn:
            sheets.note_version(conn, "segment", key, version=version, built_ms=to_ms(now), changed=changed)
            detail = {"segment": key, "version": version}
            changes.note(conn, changes.Kind.ENTERED, moved["entered"], detail=detail)
            changes.note(conn, changes.Kind.LEFT, moved["left"], detail=detail)

    def catalog(self, conn: Connection, condition: Condition) -> Catalog:
        """The names a condition may use: those seen in the data, and tags and segments defined but not built yet."""
        return known_names(conn, self._events, condition)

    def _reading(self) -> Reading:
        with self._records.begin() as conn:
            return Reading(policies=survivorship.load(conn))


def _segment(definition: Definition) -> Segment:
    return read_stored(KIND, definition, read_segment)
