"""The services of one process and what each is made of: wiring, nothing else. Nothing here runs by itself."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold import customers as partnering
from ninefold import identity
from ninefold.analysis import Analyses
from ninefold.base import Clock
from ninefold.channels import Channels
from ninefold.channels import deletions as channels_deletions
from ninefold.channels import erasing as channels_erasing
from ninefold.collect import Collector, CollectSettings, Event, Limits, connectors, imports, plans
from ninefold.collect import aging as records_aging
from ninefold.collect import erasing as collect_erasing
from ninefold.customers import tagging
from ninefold.feeds import Feed, webhooks
from ninefold.feeds import erasing as feeds_erasing
from ninefold.governance import Keys, calls, oidc, privacy, users
from ninefold.governance import audit as auditing
from ninefold.governance import consent as consenting
from ninefold.governance import org as organisation
from ninefold.identity import assets as identity_assets
from ninefold.identity import changing, joining, merging
from ninefold.identity import erasing as identity_erasing
from ninefold.jobs import Pipeline, Processed
from ninefold.journeys import Campaigns, CampaignSettings
from ninefold.journeys import assets as journeys_assets
from ninefold.journeys import erasing as journeys_erasing
from ninefold.matching import Matching, Means, People, ReviewDesk
from ninefold.matching import erasing as matching_erasing
from ninefold.profiles import Profiles, departures, memberships, numbers, relations
from ninefold.profiles import aging as events_aging
from ninefold.profiles import assets as profile_assets
from ninefold.profiles import erasing as profiles_erasing
from ninefold.segments import Segments, Tags, impact, merges
from ninefold.store import Events, Records, Seal, embedded_url

from .privacy.anchors import anchoring
from .privacy.deletions import DeletionDesk
from .privacy.desk import REMARKS, PrivacyDesk, about
from .privacy.permits import Permits
from .privacy.retention import RetentionDesk
from .settings import Settings
from .stores import records_url


class Services:
    """What this process can do, wired together.

    Attributes:
        settings: of this installation.
        clock: where services get the time from.
        records: the transactional store.
        events: the analytical store.
        seal: keeps secrets that have to be given out again.
        keys: write keys and tokens.
        users: who may sign in.
        sessions: who is signed in.
        sign_in: opens sessions for those who know the password.
        factors: codes that are asked for beside it.
        openid: signs people in with company accounts.
        audit: who did what to whom.
        anchors: the audit log's head, written to a place of its own.
        collector: accepts events over HTTP.
        imports: file imports.
        plans: tracking plans.
        connectors: bring rows of other systems.
        identity: OneID under the rules at the time of opening; the pipeline reads the newest rules for each batch.
        desk: what operators do with identities: merge, unmerge, rebuild, simulate.
        merging: merges that may have to wait.
        policy_trial: what other policies of traits would change.
        rule_changes: changes of the identity rules: simulated, applied, discarded.
        previews: what a merge or its taking back would change.
        profiles: the 360 view.
        sheets: keeps what profiles are read from up to date.
        org: the org tree.
        consents: what people agreed to.
        privacy: access, suppression, erasure.
        deletions: tells other systems whom to forget.
        retention: how long what is kept, and legal holds.
        memberships: who belongs to which node.
        numbers: member numbers.
        membership_imports: files of memberships.
        departures: staff who leave.
        relations: roles of people and relations between them.
        told_relations: relations that events tell.
        matching: people who may be one.
        reviews: the review desk.
        segments: segments.
        tags: tags.
        analyses: behaviour analysis.
        customers: customers with the right of a key: the open API.
        manual_tags: tags by hand.
        feed: what changes of customers, as keys may know it.
        webhooks: whom it is told to.
        call_limits: how often keys may call it.
        call_answers: what they were answered, for repeats.
        channels: opened channels.
        campaigns: campaigns.
        pipeline: makes accepted events queryable.
    """

    def __init__(self, settings: Settings, clock: Clock, stack: ExitStack) -> None:
        self.settings = settings
        self.clock = clock
        self.home = settings.data_dir.resolve()
        self._open_stores(stack)
        self._open_collecting(stack)
        self._open_people(stack)
        self._open_activities(stack)
        self._open_partners(stack)
        self.pipeline = Pipeline(
            self.records,
            self.events,
            clock,
            self._on_batch,
            observe=self._observe,
            screen=self.privacy.screen,
        )
        self.pipeline.scopes = self.org.source_scopes

    @property
    def imports_folder(self) -> Path:
        """Where files that were sent over HTTP wait for their import."""
        return self.home / "imports"

    @property
    def _import_folders(self) -> tuple[Path, ...]:
        """Where files of imports lie: those that were sent, and those that connectors fetched."""
        return self.imports_folder, self.home / "connectors"

    def _open_stores(self, stack: ExitStack) -> None:
        settings = self.settings
        self.records = Records.open(records_url(settings, stack))
        stack.callback(self.records.close)
        self.events = Events.open(settings.events_url or embedded_url(settings.data_dir / "events"))
        stack.callback(self.events.close)
        self.seal = Seal(self.home / "secrets.key", keys=settings.secret_keys.get_secret_value())
        self.keys = Keys(self.records, self.clock)
        self._open_door()
        self.audit = auditing.AuditLog(self.records, self.clock)

    def _open_door(self) -> None:
        lasting = users.Lasting(
            idle=timedelta(minutes=self.settings.session_idle_minutes),
            at_most=timedelta(hours=self.settings.session_hours),
        )
        passwords = users.Passwords()
        self.sessions = users.Sessions(self.records, self.clock, lasting)
        self.users = users.Users(self.clock, passwords, self.sessions)
        settings = self.settings
        provider = oidc.Provider(
            issuer=settings.oidc_issuer, client_id=settings.oidc_client_id, secret_env=settings.oidc_secret_env,
            scopes=settings.oidc_scopes, roles_claim=settings.oidc_roles_claim, roles=settings.oidc_roles,
            create=settings.oidc_create,
        )  # fmt: skip
        self.openid = oidc.OpenId(provider, self.clock, self.seal, os.environ)
        self.factors = users.Factors(self.clock, self.seal, issuer=self.settings.brand)
        self.sign_in = users.SignIn(self.records, self.clock, passwords, self.sessions, self.factors)

    def _open_collecting(self, stack: ExitStack) -> None:
        settings = self.settings
        self.plans = plans.Plans(self.records, self.events, self.clock)
        self.collector = Collector(
            self.records,
            self.keys,
            self.clock,
            CollectSettings(
                limits=Limits(max_request_bytes=settings.max_request_bytes, max_event_bytes=settings.max_event_bytes),
                currency=settings.currency,
            ),
            self.plans,
        )
        self.imports = imports.Imports(
            self.records,
            self.clock,
            imports.ImportSettings(zone=settings.zone, currency=settings.currency),
            self.plans,
        )
        bringing = connectors.ConnectorSettings(
            zone=settings.zone, currency=settings.currency, spool=self.home / "connectors"
        )
        self.connectors = connectors.Connectors(self.records, self.clock, self.imports, bringing, os.environ)
        stack.callback(self.connectors.close)

    def _open_people(self, stack: ExitStack) -> None:
        zone = self.settings.zone
        with self.records.begin() as conn:
            self.identity = identity.Identity.load(conn)
        self.profiles = Profiles(self.records, self.events, self.identity, zone=zone)
        stack.callback(self.profiles.close)
        self.sheets = self.profiles.keeper()
        self.sheets.prepare()
        self.org = organisation.Org()
        self.consents = consenting.Consents(self.org, unknown=self.settings.consent_default)
        self.memberships = memberships.Memberships(self.identity, self.org)
        self.numbers = numbers.Numbers(self.org)
        self.membership_imports = numbers.MembershipImports(self.org, self.memberships, self.numbers, zone=zone)
        self.relations = relations.Relations(self.events, self.identity, zone=zone)
        self.departures = departures.Departures(self.identity, self.org, self.keys)
        self.privacy = PrivacyDesk(
            self.records, self.clock, self.profiles, self._personal_stores(), folder=self.home, book=self.audit
        )
        self.anchors = anchoring(self.settings, self.audit, self.clock)
        self.deletions = DeletionDesk(
            self.records,
            self.privacy.requests.notices,
            channels_deletions.DeletionSender(environ=os.environ, folder=self.home / "deletions"),
            self.clock,
        )
        self.told_relations = relations.ToldRelations(self.records, self.events, self.org, self.privacy.requests.screen)
        self.desk = identity.IdentityDesk(self.records, self.events, self._assets())
        guards = [identity_assets.AssetGuard(self.desk.assets, self.clock)]
        due = joining.Joining(guards, self.desk.assets)
        self.merging = merging.Merging(self.records, self.events, self.desk, due, zone=zone)
        people = People(self.records, self.events, self.memberships, zone=zone)
        links = joining.Joining(guards, self.desk.assets, self.merging)
        self.reviews = ReviewDesk(self.records, self.events, self.clock, people, links)
        self.matching = Matching(
            self.records,
            self.events,
            self.clock,
            people,
            links,
            means=Means(
                memory_mb=self.settings.matching_memory_mb,
                spill=self.home / "matching",
                part_people=self.settings.matching_part_people,
            ),
        )
        self.retention = RetentionDesk(
            self.records,
            self.clock,
            self.org,
            (
                events_aging.EventAging(self.records, self.events, zone=zone),
                records_aging.RecordsAging(self.records, self._import_folders),
            ),
            self.audit,
        )

    def _open_activities(self, stack: ExitStack) -> None:
        settings = self.settings
        self.segments = Segments(
            self.records,
            self.events,
            self.identity,
            zone=settings.zone,
            used_by=[self._campaigns_using, self._tags_using],
        )
        self.previews = merges.MergePreviews(
            (self.records, self.events), self.desk, self.merging, self.profiles, self.segments
        )
        self.policy_trial = impact.PolicyTrial(self.records, self.events, self.segments)
        self.rule_changes = changing.RuleChanges(
            self.records, self.clock, self.desk, impact.SegmentImpact(self.records, self.events, self.segments)
        )
        self.tags = Tags(self.records, self.events, zone=settings.zone, used_by=[self.segments.users_of_tag])
        self.analyses = Analyses(self.records, self.events, self.identity, self.segments, zone=settings.zone)
        self.channels = Channels(environ=os.environ, folder=self.home / "outbox")
        stack.callback(self.channels.close)
        self.campaigns = Campaigns(
            self.records,
            self.events,
            self.identity,
            self.segments,
            self.channels,
            settings=CampaignSettings(
                zone=settings.zone, currency=settings.currency, permit=Permits(self.consents, self.privacy.requests)
            ),
        )

    def _assets(self) -> tuple[identity_assets.AssetClass, ...]:
        """What people own, and whoever says what becomes of it when they are joined."""
        return (
            profile_assets.MembershipAssets(self.memberships),
            profile_assets.ConsentAssets(self.consents),
            profile_assets.RelationAssets(),
            profile_assets.PrivacyAssets(self.privacy.requests, self.identity),
            journeys_assets.CampaignAssets(),
        )

    def _open_partners(self, stack: ExitStack) -> None:
        requests = self.privacy.requests
        sight = partnering.Sight(self.org, self.consents, requests)
        browsing = partnering.Browsing(
            self.records, self.events, self.profiles, sight, self.memberships, zone=self.settings.zone
        )
        books = partnering.Books(tree=self.org, consents=self.consents, desk=self.memberships, requests=requests)
        writing = partnering.Writing(sight, browsing, books, self.privacy.screen, self.plans.checker_now)
        self.customers = partnering.Customers(self.records, self.events, self.clock, browsing, writing)
        self.manual_tags = tagging.ManualTags(self.records, self.clock, sight)
        self.feed = Feed(self.records, sight)
        private = self.settings.webhooks_to_private
        secrets = webhooks.Secrets(self.records, self.seal, os.environ)
        self.webhooks = webhooks.Webhooks(self.records, self.clock, self.feed, secrets, private=private)
        stack.callback(self.webhooks.close)
        self.call_limits = calls.CallLimits(self.records)
        self.call_answers = calls.Answers(keep=timedelta(hours=self.settings.keep_answers_hours))

    def _personal_stores(self) -> tuple[privacy.PersonalStore, ...]:
        """Everything that keeps personal data, in the order of erasing; identity last, for it knows who is who."""

        def whose(subjects: Sequence[privacy.Subject]) -> collect_erasing.Whose:
            with self.records.begin() as conn:
                return about(subjects, identity.Identity.load(conn).rules, self.org.source_scopes(conn))

        return (
            feeds_erasing.ChangeStore(self.records),
            collect_erasing.InboxStore(self.records, whose),
            collect_erasing.QuarantineStore(self.records),
            collect_erasing.OrderStore(self.records, self.events),
            collect_erasing.ItemStore(self.records),
            collect_erasing.ImportFileStore(self.records, self._import_folders),
            channels_erasing.OutboxStore(self.home / "outbox"),
            journeys_erasing.MessageStore(self.records),
            profiles_erasing.EventStore(self.records, self.events),
            profiles_erasing.BelongingStore(self.records, self.memberships, self.relations, self.consents),
            relations.ToldRelationStore(self.records),
            matching_erasing.CandidateStore(self.records),
            calls.AnswerStore(self.records),
            tagging.TagStore(self.records),
            privacy.RemarkStore(self.records, REMARKS),
            identity_erasing.IdentityStore(self.records, self.clock),
        )

    def _observe(
        self, conn: Connection, events: Sequence[Event], people: NDArray[np.uint32], moved: identity.Redirects
    ) -> None:
        now = self.clock.now()
        self.memberships.observe(conn, events, people, now=now)
        self.consents.observe(conn, events, people.tolist(), now=now)
        self.told_relations.observe(conn, events, people.tolist())
        for asset in self.desk.assets if len(moved.oneid) else ():
            asset.follow(conn, moved, now=now)

    def _on_batch(self, batch: Processed) -> None:
        self.campaigns.on_batch(batch.batch_id, batch.people, batch.names, now=self.clock.now())

    def _tags_using(self, segment: str) -> Sequence[str]:
        return self.tags.users_of_segment(segment)

    def _campaigns_using(self, segment: str) -> list[str]:
        return [f"campaign {one.key}" for one in self.campaigns.list() if one.audience.segment == segment]
