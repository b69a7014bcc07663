"""The 360 view of a person: identities, traits with provenance, tags, segments, counters, timeline; and search."""

from .model import (
    AccountsRead,
    ByIdentifier,
    ByPublicId,
    Counters,
    Cursor,
    Entry,
    IdentitySeen,
    Order,
    PeoplePage,
    PersonSummary,
    Profile,
    Reference,
    SegmentHeld,
    TagHeld,
    Timeline,
    Trait,
    TraitScalar,
    read_reference,
)
from .service import Profiles

__all__ = [
    "AccountsRead", "ByIdentifier", "ByPublicId", "Counters", "Cursor", "Entry", "IdentitySeen", "Order", "PeoplePage",
    "PersonSummary", "Profile", "Profiles", "Reference", "SegmentHeld", "TagHeld", "Timeline", "Trait",
    "TraitScalar", "read_reference",
]
