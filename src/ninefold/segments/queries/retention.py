"""SQL of taking out old versions. No I/O here."""

from collections.abc import Sequence

from ninefold.store import Statement

SEGMENT_VERSIONS = Statement(
    """
    SELECT
      v.segment AS key, v.version AS version, toUnixTimestamp64Milli(v.built_at) AS built_ms,
      v.version <= e.newest AS free
    FROM segment_versions AS v
    LEFT JOIN (
      SELECT segment, max(version) AS newest FROM segment_entries WHERE oneid = 0 GROUP BY segment
    ) AS e ON e.segment = v.segment
    """
)
"""Every version of every segment: key, version, built_ms, free (who entered with it is noted elsewhere)."""

TAG_VERSIONS = Statement(
    "SELECT DISTINCT tag AS key, version, toUnixTimestamp64Milli(built_at) AS built_ms, true AS free FROM tag_runs"
)
"""Every published version of every tag: key, version, built_ms, free."""

# One that is being built is newer than the newest published, and stays.
ORPHANS = Statement(
    """
    SELECT v.tag AS tag, v.version AS version
    FROM (SELECT tag, version FROM tags GROUP BY tag, version) AS v
    INNER JOIN (SELECT tag, max(version) AS newest FROM tag_runs GROUP BY tag) AS r ON r.tag = v.tag
    WHERE v.version < r.newest AND (v.tag, v.version) NOT IN (SELECT tag, version FROM tag_runs)
    ORDER BY tag, version
    """
)
"""Values of versions that are not published any more, or never were and never will be: tag, version."""


def of_versions(column: str, versions: Sequence[tuple[str, int]]) -> Statement:
    """A test for rows of some versions.

    Args:
        column: ``segment`` or ``tag``.
        versions: key and number of each.
    """
    tests = {"segment": "(segment, version) IN _listed", "tag": "(tag, version) IN _listed"}
    listed = "(SELECT arrayJoin(arrayZip({keys:Array(String)}, {versions:Array(UInt32)})))"
    return Statement(
        tests[column].replace("_listed", listed),
        {"keys": [key for key, _ in versions], "versions": [version for _, version in versions]},
    )
