"""Durable work in progress: what would be carried on after a restart."""

from ninefold.collect import connectors as sources
from ninefold.collect import imports as files
from ninefold.journeys import Campaigns

from .model import Running


def running(imports: files.Imports, connectors: sources.Connectors, campaigns: Campaigns) -> list[Running]:
    """All imports, connector runs and campaign occasions that wait or are at work; each kind oldest first."""
    found = [
        Running(
            kind="import",
            name=run.mapping,
            done=run.rows_done,
            total=run.rows_total or None,
            since=run.started_at or run.created_at,
        )
        for run in imports.underway()
    ]
    found += [
        Running(
            kind="connector",
            name=run.connector,
            done=run.counts.rows,
            total=None,
            since=run.started_at or run.created_at,
        )
        for run in connectors.underway()
    ]
    found += [
        Running(kind="campaign", name=one.campaign, done=one.entered, total=None, since=one.started_at)
        for one in campaigns.underway()
    ]
    return found
