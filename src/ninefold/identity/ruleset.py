"""The rules of OneID as values: per kind of identifier, and over all of them.

Pure values; `rules.document` reads them from a document, `rules` applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Final

DAY_MS: Final = 86_400_000
CLEAR: Final = "clear"


class Normaliser(StrEnum):
    """How a raw value of a namespace becomes its one stored form."""

    EXACT = "exact"  # trimmed, case kept
    UPPER = "upper"  # trimmed, full-width letters and digits made plain, upper case
    PHONE = "phone"  # E.164
    EMAIL = "email"  # lower case, syntax checked
    EMAIL_PROVIDER = "email_provider"  # the same, and what a large provider ignores is left out
    DEVICE = "device"  # UUIDs and hexadecimal ids in one form
    IMEI = "imei"  # 15 digits with a right check digit, or a 14-digit MEID
    ID_CARD = "id_card"  # a Chinese identity number with a right check digit, or a passport number


class Refused(Enum):
    """Why a raw value cannot serve as an identifier."""

    EMPTY = "empty"
    BLOCKED = "blocked"
    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    STATE = "state"  # a hash state that the namespace does not accept


class Period(StrEnum):
    """The window in which the values of a cap are counted, by when each was first seen."""

    EVER = "ever"
    YEAR = "year"  # 365 days
    MONTH = "month"  # 30 days
    WEEK = "week"

    @property
    def ms(self) -> int | None:
        """Its length, None for ever."""
        days = {Period.YEAR: 365, Period.MONTH: 30, Period.WEEK: 7}.get(self)
        return None if days is None else days * DAY_MS


class Shared(StrEnum):
    """Whose a weak identifier is that several people used."""

    FIRST_OWNER = "first_owner"  # of whoever was seen with it first
    LAST_LOGIN = "last_login"  # of whoever was seen with it last
    REFUSE = "refuse"  # of nobody: its own events belong to a further, unnamed person


class Algorithm(StrEnum):
    """How a value was hashed."""

    MD5 = "md5"
    SHA256 = "sha256"
    SM3 = "sm3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Salt:
    """A way of hashing with a secret that a partner agreed on; its name is the state that values carry.

    Attributes:
        name: the state, as in ``crm2026:<hex>``.
        algorithm: the hash.
        secret: the salt; None while the environment does not say it.
        prefix: whether the salt stands before the value, else after it.
        env: the environment variable that holds it; empty where the document does.
    """

    name: str
    algorithm: Algorithm
    secret: str | None = field(repr=False)
    prefix: bool = True
    env: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashing:
    """In which states values of a namespace may arrive, and in which one they are kept.

    Attributes:
        accept: states besides clear: ``md5``, ``sha256``, ``sm3``, or the name of a salt.
        store: ``clear``, or the state in which a clear value is kept; then the clear value is never stored.
    """

    accept: tuple[str, ...] = ()
    store: str = CLEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """How many new strong values of one namespace an identifier may meet within an hour and a day; None: no limit."""

    per_hour: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Limits on the shape of people, beyond those of single namespaces.

    Attributes:
        merges_per_person: a person that swallowed more others than this is put to an operator.
        identifiers_per_person: as many taking part; a link that would exceed it is refused.
        jump: a weak link between two people who hold at least this many identifiers each is refused.
        learn_sources: an identifier that was a storm in as many sources is proposed as a blocked value.
        learn_values: a value that looks made up and that as many distinct strong ones share is proposed too.
    """

    merges_per_person: int = 100
    identifiers_per_person: int = 5000
    jump: int = 100
    learn_sources: int = 2
    learn_values: int = 5

    @property
    def size_max(self) -> int:
        """How many identifiers a person may have before its shape is looked at."""
        return min(self.identifiers_per_person, 2 * self.jump - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedValues:
    """Values that never identify anybody, compared without regard to case.

    Attributes:
        exact: whole values, lower case.
        patterns: regular expressions that match the whole value.
        learned: whole values that were proposed by what happened and confirmed by an operator.
    """

    exact: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    learned: frozenset[str] = frozenset()

    @property
    def whole(self) -> frozenset[str]:
        """All whole values."""
        return self.exact | self.learned


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceRule:
    """The rule of one kind of identifier.

    Attributes:
        name: the namespace.
        priority: 1 is the strongest; an event belongs to the person of its strongest usable identifier.
        cap: how many distinct values one person may hold.
        strong: whether a value names one person; a weak one (a device, a cookie) may be shared.
        storm_limit: an identifier linked to more distinct strong values of one namespace than this is blocked.
        normaliser: how raw values become their one form.
        blocked: values of this namespace that never identify anybody.
        period: the window in which the values of a cap are counted.
        immutable: once a person has a value, it never has another one, not even after an unbind.
        parent: namespace whose values carry the values of this one: when one is unbound, these go too.
        takes_part: whether values join; those of a namespace that does not are only shown and searched.
        shared: whose a weak value is that several people used.
        hashing: hash states.
        velocity: how fast a value may meet strong ones.
        ttl_days: a value that was not seen for more days than this is forgotten: seen again, it begins anew.
        recycle_after_days: a value that was not seen for more days than this may have changed hands: seen again, it
            goes on with its person unless something speaks against it.
    """

    name: str
    priority: int
    cap: int
    strong: bool
    storm_limit: int
    normaliser: Normaliser = Normaliser.EXACT
    blocked: BlockedValues = BlockedValues()
    period: Period = Period.EVER
    immutable: bool = False
    parent: str | None = None
    takes_part: bool = True
    shared: Shared = Shared.FIRST_OWNER
    hashing: Hashing = Hashing()
    velocity: Velocity = Velocity()
    ttl_days: int | None = None
    recycle_after_days: int | None = None

    @property
    def silence_days(self) -> int | None:
        """How many days without a sighting end a span of a value; None when no silence does."""
        return min((days for days in (self.recycle_after_days, self.ttl_days) if days is not None), default=None)

    @property
    def most(self) -> int:
        """How many values one person may hold at most within its period: one for ever when it is immutable."""
        return 1 if self.immutable else self.cap


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRules:
    """All rules of identity resolution: one version of the document of kind `identity-rules`.

    Attributes:
        version: version of the document; written beside every link that was decided under it.
        region: two-letter country of telephone numbers without a country code.
        namespaces: the rules by namespace.
        custom: the rule of every namespace that is not listed.
        blocked: values that identify nobody, whatever the namespace.
        identifiers_per_event: how many identifiers of one event count, the strongest first. Kept at or under the
            smallest storm limit, so that no single event can block an identifier.
        salts: agreed ways of hashing, by name.
        breaker: limits on the shape of people.
    """

    version: int
    region: str
    namespaces: Mapping[str, NamespaceRule]
    custom: NamespaceRule
    blocked: BlockedValues
    identifiers_per_event: int
    salts: Mapping[str, Salt] = field(default_factory=dict)
    breaker: Breaker = Breaker()

    def of(self, namespace: str) -> NamespaceRule:
        """The rule of a namespace; of its first part where that is listed; else the custom rule under its name.

        So ``openid:wx12ab`` (the openids of one app) follows the rule of ``openid``, with a cap of its own.
        """
        known = self.namespaces.get(namespace)
        if known is not None:
            return known
        return replace(self.namespaces.get(namespace.partition(":")[0], self.custom), name=namespace)
