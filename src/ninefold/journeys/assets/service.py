"""Campaigns under a merge: a person stays in the arm entered first, exposures of both are shown, caps count both."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from ninefold.identity import Redirects, assets
from ninefold.journeys.queries import entered as sql

_RECENT = timedelta(days=7)


class CampaignAssets:
    """Arms of hold-outs, and messages that frequency caps count."""

    key = "campaigns"

    def preview(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.AssetLine]:
        """One line per campaign that one of the people ever entered, and one for messages of the last seven days."""
        accounts = [number for group in change.before for number in group]
        entered = conn.execute(sql.ARMS, {"people": accounts}).all()
        lines = []
        for campaign in sorted({row.campaign for row in entered}):
            rows = [row for row in entered if row.campaign == campaign]
            before, after = (
                tuple(" then ".join(dict.fromkeys(row.arm for row in rows if row.oneid in group)) for group in groups)
                for groups in (change.before, change.after)
            )
            lines.append(
                assets.AssetLine(
                    asset=self.key, subject=campaign, before=before, after=after,
                    rule="the arm entered first stays; whoever saw both is told apart in the report",
                    conflict=any(" then " in one for one in after),
                )
            )  # fmt: skip
        sent = {row.oneid: row.messages for row in conn.execute(sql.SENT, {"people": accounts, "since": now - _RECENT})}
        if sent:
            before, after = (
                tuple(str(sum(sent.get(number, 0) for number in group)) for group in groups)
                for groups in (change.before, change.after)
            )
            lines.append(
                assets.AssetLine(
                    asset=self.key, subject="messages of the last 7 days", before=before, after=after,
                    rule="frequency caps count those of all accounts",
                )
            )  # fmt: skip
        return tuple(lines)

    def blockers(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.Blocker]:
        """Nothing speaks against it."""
        del conn, change, now
        return ()

    def follow(self, conn: Connection, moved: Redirects, *, now: datetime) -> None:
        """Nothing to do: members and messages stay under the person they were of; reads fold accounts.

        What was inherited starts nothing: only events of a new batch trigger a campaign.
        """
        del conn, moved, now
