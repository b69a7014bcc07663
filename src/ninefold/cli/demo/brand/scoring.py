"""How well identities were found: pair precision and recall against the truth, by group sizes, never by pairs.

Pure. What counts as right where the truth itself is subtle:

- An identifier of several people at once (a family's tablet) belongs to nobody; it is left out. Joining the family
  through it is still an error, which shows in the people's own identifiers.
- An identifier that changed hands (a recycled number) belongs to its last owner, as of the end of the history.
- A mistyped value belongs to whom it was typed for.
- Recall counts the pairs that data connects; pairs of a person whose data never meets are told apart in ``reach``.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityScore:
    """Found people against true people.

    Attributes:
        precision: share of the pairs found in one person that truly are one person's.
        recall: share of the pairs that data connects which were found in one person.
        reach: share of all true pairs which data connects; no resolution without guessing can exceed it.
        pairs_found: pairs in one found person.
        pairs_right: those of one true person.
        pairs_linkable: pairs that data connects.
        identifiers: identifiers scored.
        missing: of these, not found at all; each counts as a person of its own.
        people_found: distinct found people among the identifiers scored.
        people_linkable: distinct components among them.
    """

    precision: float
    recall: float
    reach: float
    pairs_found: int
    pairs_right: int
    pairs_linkable: int
    identifiers: int
    missing: int
    people_found: int
    people_linkable: int


def score_identity(found: pa.Table, truth: pa.Table) -> IdentityScore:
    """Compare found people with true ones.

    Args:
        found: columns namespace, value, oneid (the person now, after merges); one row per identifier.
        truth: ``identifiers`` of a :class:`Truth`.

    Returns:
        Precision and recall over unordered pairs of identifiers; 1 where there are no pairs.
    """
    scored = _owners(truth)
    person = scored["person"].to_numpy()
    component = scored["component"].to_numpy()
    index = pc.index_in(_keys(scored), value_set=_keys(found).combine_chunks())
    oneid = pc.take(found["oneid"].combine_chunks().cast(pa.int64()), index)
    missing = np.asarray(pc.is_null(oneid))
    cluster = np.asarray(pc.fill_null(oneid, 0)).astype(np.int64)
    cluster[missing] = -1 - np.arange(int(missing.sum()))
    found_pairs, true_pairs, linkable = _pairs(cluster), _pairs(person), _pairs(component)
    right, right_linkable = _pairs(cluster, person), _pairs(cluster, component)
    return IdentityScore(
        precision=right / found_pairs if found_pairs else 1.0,
        recall=right_linkable / linkable if linkable else 1.0,
        reach=linkable / true_pairs if true_pairs else 1.0,
        pairs_found=found_pairs,
        pairs_right=right,
        pairs_linkable=linkable,
        identifiers=scored.num_rows,
        missing=int(missing.sum()),
        people_found=len(np.unique(cluster[~missing])),
        people_linkable=len(np.unique(component)),
    )


def _owners(truth: pa.Table) -> pa.Table:
    """One row per identifier that names one person: its last owner."""
    own = truth.filter(pc.invert(truth["shared"])).sort_by([("until_ms", "descending")])
    keys = _keys(own).combine_chunks().dictionary_encode()
    _, first = np.unique(keys.indices.to_numpy(), return_index=True)
    return own.take(pa.array(np.sort(first)))


def _keys(table: pa.Table) -> pa.ChunkedArray:
    """Namespace and value as one text; namespaces hold no space."""
    return pc.binary_join_element_wise(table["namespace"], table["value"], " ")


def _pairs(*labels: NDArray[np.int64]) -> int:
    """Unordered pairs of items that agree in every label: the sum of n(n-1)/2 over the groups."""
    codes = np.zeros(len(labels[0]), np.int64)
    for label in labels:
        values, place = np.unique(label, return_inverse=True)
        codes = np.unique(codes * len(values) + place, return_inverse=True)[1]
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, np.int64)
    return int((sizes.astype(np.int64) * (sizes.astype(np.int64) - 1) // 2).sum())
