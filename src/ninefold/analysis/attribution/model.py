"""Attribution: the definition and the result. Frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ninefold.analysis.amounts import Amount
from ninefold.analysis.model import Crowd, Pick

DAY_MS = 86_400_000
DIRECT = "direct"
CHANNELS_MAX = 100


class Model(StrEnum):
    """How the touches of a path share its credit."""

    FIRST = "first"
    LAST = "last"
    LINEAR = "linear"
    DECAY = "time_decay"
    U = "u"
    J = "j"
    INVERSE_J = "inverse_j"
    MARKOV = "markov"
    SHAPLEY = "shapley"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """An attribution.

    Attributes:
        target: conversions, and what they are worth.
        touches: events that may have led there.
        channel: the property of a touch that names its channel; touches without one are left out.
        lookback_ms: how long before a conversion a touch counts.
        half_life_ms: time after which a touch weighs half, under time decay.
        most: how many channels stand by themselves.
    """

    target: Amount
    touches: Pick
    channel: str = "channel"
    lookback_ms: int = 30 * DAY_MS
    half_life_ms: int = 7 * DAY_MS
    most: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionCredit:
    """Credit that a model gives a channel: in conversions, and in what they are worth. Credit is not increment."""

    model: str
    conversions: float
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionChannel:
    """One channel.

    Attributes:
        channel: its name; ``direct`` for conversions without a touch.
        others: whether it stands for all channels that are not listed.
        touches: touches on paths to conversions.
        conversions: conversions with such a touch before them; a conversion counts for each of its channels.
        people: whose these are.
        crowd: these people.
        removal: share of conversions that the Markov chain loses without the channel; None where there are none.
        credits: by model, side by side.
    """

    channel: str
    others: bool
    touches: int
    conversions: int
    people: int
    crowd: Crowd
    removal: float | None
    credits: tuple[AttributionCredit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionResult:
    """Credit by channel; over the channels each model adds up to all conversions and their worth.

    Attributes:
        conversions: how many.
        amount: what they are worth.
        people: whose they are.
        crowd: these people.
        unconverted: people with a touch in the window and no conversion.
        unconverted_crowd: these people.
        channels: by credit under the linear model.
    """

    method: Literal["attribution"] = "attribution"
    label: Literal["credit"] = "credit"
    conversions: int
    amount: float
    people: int
    crowd: Crowd
    unconverted: int
    unconverted_crowd: Crowd
    channels: tuple[AttributionChannel, ...]
