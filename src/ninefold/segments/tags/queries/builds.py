"""SQL of the versions of a tag's values: writing, publishing, and reading them back.

A value written before a merge is read for the merged person, whose own row goes before that of an account taken
over. No I/O here.
"""

from datetime import datetime

import sqlglot.expressions as exp

from ninefold.base import to_ms
from ninefold.predicate import writing as w
from ninefold.store import Statement, render

_WRITE = """
INSERT INTO tags (tag, version, oneid, value, num)
SELECT {own_tag:String}, {own_version:UInt32}, n.person, n.value, n.num
FROM _values
WHERE _new
"""
_NEW = """
n.person NOT IN (SELECT oneid FROM tags WHERE tag = {own_tag:String} AND version = {own_version:UInt32})
"""

# The values of every person as known now, by the rule of conditions: the person's own before any other's, then those
# of the account with the highest number.
_VALUES = """
SELECT
  if(r.root = 0, t.oneid, r.root) AS person,
  argMax(t.mine, (r.root = 0, t.oneid)) AS held
FROM (
  SELECT oneid, arraySort(groupUniqArray(value)) AS mine
  FROM tags
  WHERE tag = {tag:String} AND version = {version:UInt32}
  GROUP BY oneid
) AS t
LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = t.oneid
GROUP BY person
"""


def write(values: Statement, *, tag: str, version: int, only_new: bool) -> Statement:
    """Write values (person, value, num) under a version that nobody sees before it is published.

    Args:
        values: the statement that selects them.
        tag: key of the tag.
        version: number of the build.
        only_new: leave out who has a value in this version already.
    """
    tree = w.sql(_WRITE, values=w.nested(values, "n"), new=w.sql(_NEW) if only_new else exp.true())
    return render(tree, {**values.parameters, "own_tag": tag, "own_version": version})


def newest_version(tag: str) -> Statement:
    """The highest version that was ever begun, published or not."""
    return Statement(
        """
        SELECT greatest(
          (SELECT max(version) FROM tags WHERE tag = {tag:String}),
          (SELECT max(version) FROM tag_runs WHERE tag = {tag:String})
        )
        """,
        {"tag": tag},
    )


def publish(tag: str, version: int, now: datetime) -> Statement:
    """Make a version the current one, in one row."""
    return Statement(
        """
        INSERT INTO tag_runs (tag, version, built_at, people)
        SELECT {tag:String}, {version:UInt32}, fromUnixTimestamp64Milli({built_ms:Int64}, 'UTC'), uniqExact(oneid)
        FROM tags
        WHERE tag = {tag:String} AND version = {version:UInt32}
        """,
        {"tag": tag, "version": version, "built_ms": to_ms(now)},
    )


def changed(tag: str, old: int, new: int) -> Statement:
    """For whom two versions say different things, or only one says something: oneid."""
    return Statement(
        """
        SELECT oneid
        FROM tags
        WHERE tag = {tag:String} AND version IN ({old:UInt32}, {new:UInt32})
        GROUP BY oneid
        HAVING arraySort(groupUniqArrayIf(value, version = {old:UInt32}))
          != arraySort(groupUniqArrayIf(value, version = {new:UInt32}))
        """,
        {"tag": tag, "old": old, "new": new},
    )


def runs(tag: str) -> Statement:
    """Published versions of a tag, newest first: version, built_ms, people."""
    return Statement(
        """
        SELECT version, toUnixTimestamp64Milli(built_at) AS built_ms, people
        FROM tag_runs
        WHERE tag = {tag:String}
        ORDER BY version DESC
        LIMIT 1 BY version
        """,
        {"tag": tag},
    )


def distribution(tag: str, version: int) -> Statement:
    """People by value of a version, as they are known now: value, people; most people first."""
    text = f"SELECT arrayJoin(held) AS value, count() AS people FROM ({_VALUES}) GROUP BY value"
    return Statement(text + " ORDER BY people DESC, value", {"tag": tag, "version": version})


def value_of(tag: str, version: int, oneid: int) -> Statement:
    """The values of one person (root) in a version as one text, taken over accounts included; no row without any."""
    return Statement(
        """
        SELECT arrayStringConcat(arraySort(groupUniqArray(value)), ', ') AS held
        FROM tags
        WHERE tag = {tag:String} AND version = {version:UInt32}
          AND oneid IN (
            SELECT {oneid:UInt32} UNION ALL SELECT oneid FROM redirects FINAL WHERE root = {oneid:UInt32}
          )
        GROUP BY oneid
        ORDER BY oneid = {oneid:UInt32} DESC, oneid DESC
        LIMIT 1
        """,
        {"tag": tag, "version": version, "oneid": oneid},
    )
