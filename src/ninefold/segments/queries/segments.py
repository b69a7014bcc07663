"""SQL of segments: materialised versions as bitmaps, their pages, sizes, overlaps and differences.

A version keeps the people as they were known when it was built. Every reader maps them through ``redirects``
first, so that two people who have since proved to be one count once. No I/O here.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import sqlglot
import sqlglot.expressions as exp
from numpy.typing import NDArray

from ninefold.base import to_ms
from ninefold.predicate import writing
from ninefold.store import Statement, render

Versions = Sequence[tuple[str, int]]

# The wanted versions, their people mapped to whom they are known as now.
_PRESENT = """
WITH moved AS (
  SELECT groupArray(oneid) AS gone, groupArray(root) AS home FROM redirects FINAL WHERE oneid != root
),
present AS (
  SELECT v.segment AS segment, v.version AS version, bitmapTransform(v.members, moved.gone, moved.home) AS members
  FROM segment_versions AS v
  CROSS JOIN moved
  WHERE (v.segment, v.version) IN (SELECT arrayJoin(arrayZip({segments:Array(String)}, {versions:Array(UInt32)})))
)
"""

_PUBLISH = """
INSERT INTO segment_versions (segment, version, definition_version, built_at, size, members, entered)
SELECT
  {new_segment:String},
  {new_version:UInt32},
  {new_definition:UInt32},
  fromUnixTimestamp64Milli({new_built:Int64}, 'UTC'),
  bitmapCardinality(wanted.members),
  wanted.members,
  bitmapAndnot(wanted.members, before.members)
FROM wanted_members AS wanted
CROSS JOIN (
  SELECT groupBitmapMergeState(bitmapTransform(v.members, moved.gone, moved.home)) AS members
  FROM segment_versions AS v
  CROSS JOIN (
    SELECT groupArray(oneid) AS gone, groupArray(root) AS home FROM redirects FINAL WHERE oneid != root
  ) AS moved
  WHERE v.segment = {new_segment:String} AND v.version = {new_version:UInt32} - 1
) AS before
"""

_PREVIEW = """
SELECT
  size,
  arrayMap(i -> people[1 + intDiv(i * size, taken)], range(taken)) AS sample
FROM (
  SELECT
    bitmapCardinality(members) AS size,
    least({sample:UInt32}, size) AS taken,
    if({sample:UInt32} = 0, [], bitmapToArray(members)) AS people
  FROM wanted_members
)
SETTINGS max_execution_time = 20
"""


def history(segment: str) -> Statement:
    """All versions of a segment, newest first: segment, version, definition_version, built_ms, size."""
    return Statement(
        """
        SELECT segment, version, definition_version, toUnixTimestamp64Milli(built_at) AS built_ms, size
        FROM segment_versions
        WHERE segment = {segment:String}
        ORDER BY version DESC
        """,
        {"segment": segment},
    )


def current() -> Statement:
    """The newest version of every segment: segment, version, definition_version, built_ms, size."""
    return Statement(
        """
        SELECT segment, version, definition_version, toUnixTimestamp64Milli(built_at) AS built_ms, size
        FROM segment_versions
        ORDER BY segment, version DESC
        LIMIT 1 BY segment
        """
    )


def publish(members: Statement, *, segment: str, version: int, definition: int, now: datetime) -> Statement:
    """Write one version in one row, which is what makes it visible whole or not at all.

    Args:
        members: a statement of one row with the column ``members``, a groupBitmap state of UInt32.
        segment: key of the segment.
        version: the new version, one above the newest.
        definition: version of the document it is built from.
        now: when.
    """
    own = {"new_segment": segment, "new_version": version, "new_definition": definition, "new_built": to_ms(now)}
    return render(_over(_PUBLISH, members), {**members.parameters, **own})


def staged_rows(segment: str, people: NDArray[np.uint32]) -> pa.Table:
    """People on their way into a list, as rows of a tag that is never published: too many for a parameter."""
    count = len(people)
    return pa.table({
        "tag": pa.repeat(_stage(segment), count), "version": pa.array(np.zeros(count, np.uint32)),
        "oneid": pa.array(people, pa.uint32()), "value": pa.repeat("", count),
    })  # fmt: skip


def staged(segment: str) -> Statement:
    """The test that finds those rows."""
    return Statement("tag = {staged:String}", {"staged": _stage(segment)})


def staged_count(segment: str) -> Statement:
    """How many there are."""
    return Statement("SELECT count() FROM tags WHERE tag = {staged:String}", {"staged": _stage(segment)})


def staged_members(segment: str) -> Statement:
    """Them as :func:`publish` takes members."""
    text = "SELECT groupBitmapState(oneid) AS members FROM tags WHERE tag = {staged:String}"
    return Statement(text, {"staged": _stage(segment)})


def _stage(segment: str) -> str:
    return f"list/{segment}"


def note_entries(segment: str) -> tuple[Statement, Statement]:
    """Write who entered with the versions that are not noted yet, then that they are; a repeat changes nothing.

    Between publishing and noting a crash may come. Readers therefore look into the versions that are not noted, and
    the next build notes them too.
    """
    entries = """
        INSERT INTO segment_entries (oneid, segment, version, built_at)
        SELECT arrayJoin(bitmapToArray(entered)) AS oneid, segment, version, built_at
        FROM segment_versions
        WHERE segment = {segment:String}
          AND version > (SELECT max(version) FROM segment_entries WHERE oneid = 0 AND segment = {segment:String})
        """
    noted = """
        INSERT INTO segment_entries (oneid, segment, version, built_at)
        SELECT 0, segment, max(version) AS newest, argMax(v.built_at, v.version)
        FROM segment_versions AS v
        WHERE segment = {segment:String}
        GROUP BY segment
        """
    return Statement(entries, {"segment": segment}), Statement(noted, {"segment": segment})


def entered_since(segment: str, version: int) -> Statement:
    """Who entered with one of the versions after one: one row with oneids."""
    return Statement(
        """
        SELECT bitmapToArray(groupBitmapMergeState(entered)) AS oneids
        FROM segment_versions
        WHERE segment = {segment:String} AND version > {version:UInt32}
        """,
        {"segment": segment, "version": version},
    )


def moves(segment: str, old: int, new: int) -> Statement:
    """Who entered and who left between two versions, as they are known now: one row with two arrays of oneids."""
    return Statement(
        _PRESENT
        + """
        SELECT
          bitmapToArray(bitmapAndnot(n.members, o.members)) AS entered,
          bitmapToArray(bitmapAndnot(o.members, n.members)) AS left
        FROM (SELECT members FROM present WHERE version = {new:UInt32}) AS n
        CROSS JOIN (SELECT members FROM present WHERE version = {old:UInt32}) AS o
        """,
        {**_of([(segment, old), (segment, new)]), "old": old, "new": new},
    )


def preview(members: Statement, *, sample: int, seconds_max: int) -> Statement:
    """How many people, and some spread evenly over them in order of oneid, nothing written: size, sample.

    Args:
        members: as for :func:`publish`.
        sample: people wanted.
        seconds_max: when the store gives up.
    """
    tree = _over(_PREVIEW, members)
    limit = exp.EQ(this=exp.to_identifier("max_execution_time"), expression=exp.Literal.number(seconds_max))
    tree.set("settings", [limit])
    return render(tree, {**members.parameters, "sample": sample})


def _over(text: str, members: Statement) -> exp.Expr:
    """The text with ``wanted_members`` replaced by a statement."""
    tree = sqlglot.parse_one(text, dialect="clickhouse")
    for table in list(tree.find_all(exp.Table)):
        if table.name == "wanted_members":
            table.replace(writing.nested(members, "wanted"))
    return tree


def _of(versions: Versions) -> dict[str, object]:
    return {"segments": [segment for segment, _ in versions], "versions": [version for _, version in versions]}


def sizes(versions: Versions) -> Statement:
    """How many people each version has as they are known now: segment, version, size."""
    return Statement(
        _PRESENT + "SELECT segment, version, bitmapCardinality(members) AS size FROM present ORDER BY segment, version",
        _of(versions),
    )


def members(versions: Versions) -> Statement:
    """All people of each version: segment, version, oneids (ascending)."""
    return Statement(_PRESENT + "SELECT segment, version, bitmapToArray(members) AS oneids FROM present", _of(versions))


def page(segment: str, version: int, *, after: int, limit: int) -> Statement:
    """People of a version with oneid above ``after``, ascending, at most ``limit``: one row with oneids."""
    return Statement(
        _PRESENT + "SELECT bitmapToArray(bitmapSubsetLimit(members, {start:UInt32}, {limit:UInt32})) FROM present",
        {**_of([(segment, version)]), "start": after + 1, "limit": limit},
    )


def contains(versions: Versions, oneid: int) -> Statement:
    """In which of the versions a person (root) is: segment, version, inside."""
    return Statement(
        _PRESENT + "SELECT segment, version, bitmapContains(members, {oneid:UInt32}) AS inside FROM present",
        {**_of(versions), "oneid": oneid},
    )


def overlap(versions: Versions) -> Statement:
    """People in both of every two versions, each with itself too: left, right, people."""
    return Statement(
        _PRESENT
        + """
        SELECT a.segment AS left, b.segment AS right, bitmapAndCardinality(a.members, b.members) AS people
        FROM present AS a
        CROSS JOIN present AS b
        """,
        _of(versions),
    )


def difference(segment: str, old: int, new: int) -> Statement:
    """How many entered and left between two versions, and how many stayed: one row.

    Somebody merged into another member in between neither leaves nor enters.
    """
    return Statement(
        _PRESENT
        + """
        SELECT
          bitmapAndnotCardinality(n.members, o.members) AS entered,
          bitmapAndnotCardinality(o.members, n.members) AS left,
          bitmapAndCardinality(o.members, n.members) AS stayed
        FROM (SELECT members FROM present WHERE version = {new:UInt32}) AS n
        CROSS JOIN (SELECT members FROM present WHERE version = {old:UInt32}) AS o
        """,
        {**_of([(segment, old), (segment, new)]), "old": old, "new": new},
    )


def movers(segment: str, *, without: int, having: int, after: int, limit: int) -> Statement:
    """A page of the people in version ``having`` who are not in version ``without``: one row with oneids."""
    return Statement(
        _PRESENT
        + """
        SELECT bitmapToArray(bitmapSubsetLimit(bitmapAndnot(h.members, w.members), {start:UInt32}, {limit:UInt32}))
        FROM (SELECT members FROM present WHERE version = {having:UInt32}) AS h
        CROSS JOIN (SELECT members FROM present WHERE version = {without:UInt32}) AS w
        """,
        {
            **_of([(segment, without), (segment, having)]),
            "having": having,
            "without": without,
            "start": after + 1,
            "limit": limit,
        },
    )
