"""What of a preview somebody sees who may not see people in the clear. Pure."""

from collections.abc import Collection
from dataclasses import replace

from ninefold.profiles import masking

from .model import Difference, MergePreview, Sketch


def masked(preview: MergePreview, clear: Collection[str]) -> MergePreview:
    """A preview in which personal fields and identifiers are hidden, but for the kinds that are clear."""
    return replace(
        preview,
        before=tuple(_sketch(one, frozenset(clear)) for one in preview.before),
        after=tuple(_sketch(one, frozenset(clear)) for one in preview.after),
        differences=tuple(_difference(one, frozenset(clear)) for one in preview.differences),
    )


def _sketch(person: Sketch, clear: frozenset[str]) -> Sketch:
    identifiers = person.identifiers
    if "identifiers" not in clear:
        identifiers = tuple((name, masking.hidden_identifier(name, value)) for name, value in identifiers)
    return replace(
        person, identifiers=identifiers, traits=tuple(masking.mask_trait(one, clear) for one in person.traits)
    )


def _difference(line: Difference, clear: frozenset[str]) -> Difference:
    kind = masking.kind_of(line.key) if line.what == "trait" else ""
    if not kind or kind in clear:
        return line
    before, after = (
        tuple(None if one is None else str(masking.hidden(one, kind)) for one in side)
        for side in (line.before, line.after)
    )
    return replace(line, before=before, after=after)
