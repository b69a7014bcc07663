"""Tag documents: a header and exactly one matter, under the word of its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ninefold.base import invalid
from ninefold.segments.header import Header, read_header

from .kind import Matter
from .kinds.layers import read_layers
from .kinds.lifecycle import read_lifecycle
from .kinds.measure import read_measure
from .kinds.pick import read_pick
from .kinds.preference import read_preference
from .lifetime import read_lifetime
from .rfm import read_rfm_tag

KIND = "tag"

MATTERS: Mapping[str, Callable[[object], Matter]] = {
    "layers": read_layers,
    "measure": read_measure,
    "pick": read_pick,
    "preference": read_preference,
    "lifecycle": read_lifecycle,
    "rfm": read_rfm_tag,
    "lifetime": read_lifetime,
}
"""How the matter of each kind of tag is read, by its word in the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag definition in one version.

    Attributes:
        header: who it is.
        kind: the word of its matter, see `MATTERS`.
        matter: how its values are made.
        version: version of the document; 0 before it is saved.
    """

    header: Header
    kind: str
    matter: Matter
    version: int = 0

    @property
    def key(self) -> str:
        """Its name in conditions."""
        return self.header.key


def read_tag(document: object, version: int = 0) -> Tag:
    """A tag from its document.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    header = read_header(document, kind=KIND, body=tuple(MATTERS))
    given = [word for word in MATTERS if isinstance(document, Mapping) and word in document]
    if len(given) != 1:
        raise invalid(
            "bad_matter", "a tag has exactly one matter", field="tag", got=", ".join(given), allowed=", ".join(MATTERS)
        )
    [kind] = given
    matter = MATTERS[kind](document[kind] if isinstance(document, Mapping) else None)
    return Tag(header=header, kind=kind, matter=matter, version=version)
