"""Consents and open privacy requests under a merge."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.governance import consent, privacy
from ninefold.identity import Identity, Redirects, assets


class ConsentAssets:
    """Consents: of accounts that disagree the strictest holds, with the mark ``conflict``: ask the person."""

    key = "consents"

    def __init__(self, consents: consent.Consents) -> None:
        self._consents = consents

    def preview(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.AssetLine]:
        """One line per purpose and node about which one of the people ever said something."""
        accounts = [number for group in change.before for number in group]
        said = sorted({(one.purpose, one.node) for one in self._consents.records(conn, accounts)})
        known = self._consents.purposes(conn).purposes
        lines = []
        for purpose, node in said:
            if purpose not in known:
                continue
            before, after = (
                [self._consents.decide(conn, group, purpose, node=node, now=now) for group in groups]
                for groups in (change.before, change.after)
            )
            lines.append(
                assets.AssetLine(
                    asset=self.key,
                    subject=f"{purpose} at {node}" if node else purpose,
                    before=tuple(one.standing.value for one in before),
                    after=tuple(one.standing.value for one in after),
                    rule="the strictest holds",
                    conflict=any(one.conflict for one in after),
                )
            )
        return tuple(lines)

    def blockers(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.Blocker]:
        """Nothing: the strictest holds, so that a merge never allows what one of the two forbade."""
        del conn, change, now
        return ()

    def follow(self, conn: Connection, moved: Redirects, *, now: datetime) -> None:
        """Nothing to do: what was said stays under the account that said it."""
        del conn, moved, now


class PrivacyAssets:
    """Privacy requests: one that is open is carried out before anybody becomes somebody else."""

    key = "privacy"

    def __init__(self, requests: privacy.Privacy, identity: Identity) -> None:
        self._requests = requests
        self._identity = identity

    def preview(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.AssetLine]:
        """A line when one of the people is suppressed: then all of the person is."""
        del now
        before, after = (
            tuple("suppressed" if self._requests.suppressed(conn, group) else "" for group in groups)
            for groups in (change.before, change.after)
        )
        if not any(before):
            return ()
        rule = "who is suppressed on one account is on all"
        return (assets.AssetLine(asset=self.key, subject="suppression", before=before, after=after, rule=rule,
                          conflict=len(set(before)) > 1),)  # fmt: skip

    def blockers(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.Blocker]:
        """A request of access or erasure that is not done yet."""
        del now
        names = self._identity.public_ids(conn, [number for group in change.before for number in group])
        found = [
            request
            for name in names.values()
            for request in self._requests.requests(conn, person=name)
            if request.state is privacy.RequestState.OPEN
        ]
        return tuple(
            assets.Blocker(
                asset=self.key,
                code="open_privacy_request",
                reason=f"{one.person} has an open request of {one.kind.value} (no. {one.id}): finish it first",
            )
            for one in found
        )

    def follow(self, conn: Connection, moved: Redirects, *, now: datetime) -> None:
        """Nothing to do: suppression stays with its account and holds for the whole person."""
        del conn, moved, now
