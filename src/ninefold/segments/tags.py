"""Tags: saving definitions, building versions of values, and reading them back.

A build writes all values under a new version and then publishes it in one row: whoever reads meanwhile sees the
version before, and a build that dies leaves nothing that anybody can see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, time

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, business_day, conflict, missing, refused, to_ms, zone_of
from ninefold.predicate import event_filter
from ninefold.profiles import sheets
from ninefold.store import (
    Definition,
    Document,
    Events,
    Records,
    get_definition,
    list_definitions,
    put_definition,
    retire_definition,
)

from .header import UsedBy, read_header
from .queries import tags as sql
from .rfm import Spread, borders, read_rfm
from .tables import tag_builds
from .tag_model import AXES, CELLS, AsOf, Borders, Rfm, Tag, TagBuild, TagShare

KIND = "tag"


def read_tag(document: object, version: int = 0) -> Tag:
    """A tag from its document.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    header = read_header(document, kind=KIND, body=("rfm",))
    matter = document.get("rfm") if isinstance(document, Mapping) else None
    return Tag(header=header, rfm=read_rfm(matter), version=version)


class Tags:
    """The tags of one brand."""

    def __init__(self, records: Records, events: Events, *, zone: str = "UTC", used_by: Iterable[UsedBy] = ()) -> None:
        """Args: the stores; the business zone, whose midnight ends a day; who may use a tag."""
        self._records = records
        self._events = events
        self._zone = zone
        self._used_by = tuple(used_by)

    def save(self, conn: Connection, document: Document, *, now: datetime, author: str = "") -> Tag:
        """Check a tag document and keep it as the next version; unchanged content makes no new version."""
        tag = read_tag(document)
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

    def refresh(self, key: str, *, now: datetime, base: datetime | None = None) -> TagBuild:
        """Build and publish a new version of the values from the orders before the base time.

        The same orders and base time give the same values. People without an order in the window have no value.

        Args:
            key: the tag.
            now: the time of the build.
            base: orders before this instant count; by default what the document says: the last midnight in the
                business zone, or now.

        Raises:
            Error: missing (no such tag); conflict, retryable (being built at this moment); refused (amounts in
                several currencies and the document names none).
        """
        with self._records.hold(f"tag/{key}") as held:
            if not held:
                raise conflict("tag_busy", f'tag "{key}" is being built at this moment', retryable=True)
            tag = self.get(key)
            base_at = base or self._base(tag.rfm, now)
            orders = self._filter(tag.rfm, base_at)
            currency = tag.rfm.currency or self._only_currency(tag, orders, base_at)
            build = TagBuild(
                tag=key,
                version=self._events.count(sql.newest_version(key)) + 1,
                definition_version=tag.version,
                base_at=base_at,
                built_at=now,
                currency=currency,
                borders=self._borders(tag.rfm, orders, base_at, currency),
            )
            self._events.command(sql.divide(tag.rfm, orders, build))
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
        """People by value, most people first; the eight cells of RFM are named, also those with nobody in them.

        People merged since the build count once, with the value of the account that lives on.
        """
        build = self._version(key, version)
        rows = self._events.query(sql.distribution(key, build.version)).to_pylist()
        found = {row["value"]: row["people"] for row in rows}
        names = {cell.key: cell for cell in CELLS}
        if set(found) <= set(names):
            found = {**dict.fromkeys(names, 0), **found}
        shares = [
            TagShare(
                value=value,
                name_en=names[value].name_en if value in names else value,
                name_zh=names[value].name_zh if value in names else value,
                people=people,
            )
            for value, people in found.items()
        ]
        return tuple(sorted(shares, key=lambda share: -share.people))

    def value_of(self, key: str, oneid: int, version: int | None = None) -> str | None:
        """The value of one person (root oneid); None when the person has none."""
        value = self._events.scalar(sql.value_of(key, self._version(key, version).version, oneid))
        return None if value is None else str(value)

    def retire(self, conn: Connection, key: str, *, now: datetime) -> None:
        """Hide a tag; refused with the names of its users while it is used. Its values stay."""
        users = [user for used_by in self._used_by for user in used_by(key)]
        if users:
            raise refused(
                "tag_in_use", f'tag "{key}" is used by {", ".join(sorted(users))}', hint="change or retire those first"
            )
        retire_definition(conn, KIND, key, now=now)

    def _version(self, key: str, version: int | None) -> TagBuild:
        if version is None:
            return self.current(key)
        for build in self.history(key):
            if build.version == version:
                return build
        raise missing("unknown_version", f'tag "{key}" has no version {version}', field="version", got=version)

    def _base(self, rfm: Rfm, now: datetime) -> datetime:
        if rfm.as_of is AsOf.NOW:
            return now
        midnight = datetime.combine(business_day(now, self._zone), time(), zone_of(self._zone))
        return midnight.astimezone(UTC)

    def _filter(self, rfm: Rfm, base: datetime) -> sql.Filter:
        if not rfm.where:
            return sql.Filter()
        tree, parameters = event_filter(rfm.where, now=base, zone=self._zone)
        return sql.Filter(tree, parameters)

    def _only_currency(self, tag: Tag, orders: sql.Filter, base: datetime) -> str:
        found = [str(row["currency"]) for row in self._events.query(sql.currencies(tag.rfm, orders, base)).to_pylist()]
        if len(found) > 1:
            listed = ", ".join(currency or "(none)" for currency in found)
            raise refused(
                "mixed_currencies",
                f'orders of tag "{tag.key}" carry amounts in {listed}',
                hint="they cannot be added: name one as rfm.currency, others then count as nothing",
            )
        return found[0] if found else ""

    def _borders(self, rfm: Rfm, orders: sql.Filter, base: datetime, currency: str) -> Borders:
        row = self._events.query(sql.spreads(rfm, orders, base, currency)).to_pylist()[0]
        measured = {
            axis: borders(
                rfm.axis(axis),
                Spread(people=row["people"], total=int(row[f"{axis}_total"]), ranked=tuple(row[f"{axis}_ranked"])),
                recency=axis == "recency",
            )
            for axis in AXES
        }
        return Borders(**measured)

    def _keep(self, build: TagBuild) -> None:
        values = {
            "tag": build.tag,
            "version": build.version,
            "definition_version": build.definition_version,
            "base_at": build.base_at,
            "built_at": build.built_at,
            "currency": build.currency,
            "borders": asdict(build.borders),
        }
        with self._records.begin() as conn:
            statement = pg.insert(tag_builds).values(values)
            conn.execute(statement.on_conflict_do_update(index_elements=["tag", "version"], set_=values))


def _tag(definition: Definition) -> Tag:
    try:
        return read_tag(definition.document, definition.version)
    except Error as exc:
        what = f'version {definition.version} of tag "{definition.key}" cannot be read any more: {exc}'
        raise Error(Kind.DEFECT, "stored_definition", what, hint="save it again in its present form") from exc


def _build(row: sa.Row[tuple[object, ...]], people: int) -> TagBuild:
    return TagBuild(
        tag=row.tag,
        version=row.version,
        definition_version=row.definition_version,
        base_at=row.base_at,
        built_at=row.built_at,
        currency=row.currency,
        borders=Borders(**{axis: tuple(row.borders[axis]) for axis in AXES}),
        people=people,
    )
