"""Tags: saving definitions, building versions of values, and reading them back.

A build writes all values under a new version and then publishes it in one row: whoever reads meanwhile sees the
version before, and a build that dies leaves nothing that anybody can see.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time
from graphlib import CycleError, TopologicalSorter

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import business_day, conflict, invalid, missing, refused, to_ms, zone_of
from ninefold.predicate import Reading, check, survivorship
from ninefold.profiles import sheets
from ninefold.segments.catalog import UNSEEN, known_names
from ninefold.segments.header import UsedBy, read_stored
from ninefold.segments.tables import tag_builds
from ninefold.store import (
    Definition,
    Document,
    Events,
    Records,
    Statement,
    get_definition,
    list_definitions,
    put_definition,
    retire_definition,
)

from .document import KIND, Tag, read_tag
from .kind import Building, Part
from .model import AsOf, TagBuild, TagLineage, TagShare
from .queries import builds as sql


class Tags:
    """The tags of one brand."""

    def __init__(self, records: Records, events: Events, *, zone: str = "UTC", used_by: Iterable[UsedBy] = ()) -> None:
        """Args: the stores; the business zone, whose midnight ends a day; who may use a tag."""
        self._records = records
        self._events = events
        self._zone = zone
        self._used_by = tuple(used_by)

    def save(self, conn: Connection, document: Document, *, now: datetime, author: str = "") -> Tag:
        """Check a tag document and keep it as the next version; unchanged content makes no new version.

        Raises:
            Error: invalid, naming the first wrong field: form, an unknown tag or segment in a condition ("did you
                mean"), or a tag that would come to be made from itself.
        """
        tag = read_tag(document)
        for path, condition in tag.matter.conditions():
            for problem in check(condition, known_names(conn, self._events, condition), path=path):
                if problem.code not in UNSEEN:
                    raise problem.error()
        self._order(conn, tag)
        kept = put_definition(conn, KIND, tag.key, document, now=now, author=author)
        return replace(tag, version=kept.version)

    def get(self, key: str, version: int | None = None) -> Tag:
        """A tag by key; raises missing with the nearest key."""
        with self._records.begin() as conn:
            return _tag(get_definition(conn, KIND, key, version))

    def list(self) -> tuple[Tag, ...]:
        """All tags that are not retired, by key."""
        with self._records.begin() as conn:
            return tuple(_tag(definition) for definition in list_definitions(conn, KIND))

    def in_order(self) -> tuple[Tag, ...]:
        """All tags that are not retired; one that others are made from before those."""
        with self._records.begin() as conn:
            order = self._order(conn)
        return tuple(sorted(self.list(), key=lambda tag: order.index(tag.key)))

    def lineage(self, key: str) -> TagLineage:
        """What feeds a tag and what uses it; raises missing."""
        reads = self.get(key).matter.uses()
        return TagLineage(tag=key, reads=reads, used_by=self._users(key))

    def refresh(self, key: str, *, now: datetime, base: datetime | None = None) -> TagBuild:
        """Build and publish a new version of the values from what happened before the base time.

        The same events and base time give the same values.

        Args:
            key: the tag.
            now: the time of the build.
            base: events before this instant count; by default what the document says: the last midnight in the
                business zone, or now.

        Raises:
            Error: missing (no such tag); conflict, retryable (being built at this moment); refused (amounts in
                several currencies and the document names none).
        """
        with self._records.hold(f"tag/{key}") as held:
            if not held:
                raise conflict("tag_busy", f'tag "{key}" is being built at this moment', retryable=True)
            tag = self.get(key)
            base_at = base or self._base(tag.matter.as_of, now)
            plan = tag.matter.plan(self._building(key, base_at))
            build = TagBuild(
                tag=key,
                version=self._events.count(sql.newest_version(key)) + 1,
                definition_version=tag.version,
                base_at=base_at,
                built_at=now,
                currency=plan.currency,
                details=plan.details,
            )
            self._write(build, plan.parts)
            self._keep(build)
            self._events.command(sql.publish(key, build.version, now))
            self._tell_profiles(build)
        return replace(build, people=self.history(key)[0].people)

    def _tell_profiles(self, build: TagBuild) -> None:
        """Profiles must know the version, and for whom it says something else than the one they know."""
        with self._records.begin() as conn:
            known = sheets.published(conn)["tag"].get(build.tag)
        changed = self._events.query(sql.changed(build.tag, known.version if known else 0, build.version))
        with self._records.begin() as conn:
            sheets.note_version(
                conn, "tag", build.tag, version=build.version, built_ms=to_ms(build.built_at),
                changed=changed["oneid"].to_numpy(),
            )  # fmt: skip

    def history(self, key: str) -> tuple[TagBuild, ...]:
        """The published versions of a tag, newest first, each with its definition, base time and borders."""
        runs = {row["version"]: row for row in self._events.query(sql.runs(key)).to_pylist()}
        with self._records.begin() as conn:
            rows = conn.execute(
                sa.select(tag_builds).where(tag_builds.c.tag == key).order_by(tag_builds.c.version.desc())
            ).all()
        return tuple(_build(row, runs[row.version]["people"]) for row in rows if row.version in runs)

    def current(self, key: str) -> TagBuild:
        """The version in force; raises missing when the tag was never built."""
        history = self.history(key)
        if not history:
            self.get(key)
            raise missing("tag_not_built", f'tag "{key}" has no values yet', hint=f"ninefold tag refresh {key}")
        return history[0]

    def distribution(self, key: str, version: int | None = None) -> tuple[TagShare, ...]:
        """People by value, most people first; the values a tag names are listed also with nobody.

        People merged since the build count once, with the value of the account that lives on.
        """
        build = self._version(key, version)
        rows = self._events.query(sql.distribution(key, build.version)).to_pylist()
        found = {row["value"]: row["people"] for row in rows}
        names = {named.value: named for named in self.get(key, build.definition_version).matter.names()}
        shares = [
            TagShare(
                value=value,
                name_en=names[value].name_en if value in names else value,
                name_zh=names[value].name_zh if value in names else value,
                people=people,
            )
            for value, people in ({**dict.fromkeys(names, 0), **found}).items()
        ]
        return tuple(sorted(shares, key=lambda share: -share.people))

    def value_of(self, key: str, oneid: int, version: int | None = None) -> str | None:
        """The value of one person (root oneid); None when the person has none."""
        value = self._events.scalar(sql.value_of(key, self._version(key, version).version, oneid))
        return None if value is None else str(value)

    def retire(self, conn: Connection, key: str, *, now: datetime) -> None:
        """Hide a tag; refused with the names of its users while it is used. Its values stay."""
        users = self._users(key)
        if users:
            raise refused(
                "tag_in_use", f'tag "{key}" is used by {", ".join(users)}', hint="change or retire those first"
            )
        retire_definition(conn, KIND, key, now=now)

    def users_of_segment(self, segment: str) -> tuple[str, ...]:
        """The tags whose conditions ask for a segment, as names for a delete guard."""
        return tuple(f"tag {tag.key}" for tag in self.list() if segment in tag.matter.uses().segments)

    def _users(self, key: str) -> tuple[str, ...]:
        tags = {f"tag {tag.key}" for tag in self.list() if key in tag.matter.uses().tags}
        return tuple(sorted(tags.union(*(used_by(key) for used_by in self._used_by))))

    def _order(self, conn: Connection, fresh: Tag | None = None) -> tuple[str, ...]:
        """The keys of all tags, parts before wholes; with a tag as if it was saved already."""
        tags = {definition.key: _tag(definition) for definition in list_definitions(conn, KIND)}
        if fresh is not None:
            tags[fresh.key] = fresh
        try:
            feeds = {key: sorted(tag.matter.uses().tags) for key, tag in sorted(tags.items())}
            return tuple(TopologicalSorter(feeds).static_order())
        except CycleError as exc:
            path = " > ".join(exc.args[1])
            raise invalid(
                "tag_cycle", f"the tag would be made from itself: {path}", field="layers", got=path,
                allowed="tags that do not lead back to this one",
            ) from exc  # fmt: skip

    def _version(self, key: str, version: int | None) -> TagBuild:
        if version is None:
            return self.current(key)
        for build in self.history(key):
            if build.version == version:
                return build
        raise missing("unknown_version", f'tag "{key}" has no version {version}', field="version", got=version)

    def _base(self, as_of: AsOf, now: datetime) -> datetime:
        if as_of is AsOf.NOW:
            return now
        midnight = datetime.combine(business_day(now, self._zone), time(), zone_of(self._zone))
        return midnight.astimezone(UTC)

    def _building(self, key: str, base: datetime) -> Building:
        with self._records.begin() as conn:
            reading = Reading(policies=survivorship.load(conn))
        return Building(tag=key, events=self._events, base=base, zone=self._zone, reading=reading)

    def _write(self, build: TagBuild, parts: Iterable[Part]) -> None:
        """Write the values of all parts; who has one keeps it."""
        for place, part in enumerate(parts):
            if isinstance(part, Statement):
                self._events.command(sql.write(part, tag=build.tag, version=build.version, only_new=place > 0))
            else:
                self._events.insert("tags", _rows(part, build))

    def _keep(self, build: TagBuild) -> None:
        values = {
            "tag": build.tag,
            "version": build.version,
            "definition_version": build.definition_version,
            "base_at": build.base_at,
            "built_at": build.built_at,
            "currency": build.currency,
            "details": dict(build.details),
        }
        with self._records.begin() as conn:
            statement = pg.insert(tag_builds).values(values)
            conn.execute(statement.on_conflict_do_update(index_elements=["tag", "version"], set_=values))


def _tag(definition: Definition) -> Tag:
    return read_stored(KIND, definition, read_tag)


def _build(row: sa.Row[tuple[object, ...]], people: int) -> TagBuild:
    return TagBuild(
        tag=row.tag,
        version=row.version,
        definition_version=row.definition_version,
        base_at=row.base_at,
        built_at=row.built_at,
        currency=row.currency,
        details=row.details,
        people=people,
    )


def _rows(part: pa.Table, build: TagBuild) -> pa.Table:
    """A part worked out here as rows of the table of tags."""
    same = {
        "tag": pa.repeat(build.tag, len(part)),
        "version": pa.repeat(pa.scalar(build.version, pa.uint32()), len(part)),
    }
    return pa.table({**same, "oneid": part["person"], "value": part["value"], "num": part["num"]})
