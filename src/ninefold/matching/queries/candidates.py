"""Candidates in the records store: taking in scored pairs, following merges, superseding. Pure."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.identity import joining
from ninefold.matching.tables import match_candidates

_N: Final = joining.NUMBERS
_A: Final = _N.alias("one")
_B: Final = _N.alias("other")
_C: Final = match_candidates.c

WAITING: Final = ("open", "expired")
"""States in which somebody is asked."""

DECIDED: Final = ("accepted", "rejected", "auto")

# Temporary and nowhere in the metadata: it lives for one transaction.
STAGE: Final = sa.Table(
    "match_stage",
    sa.MetaData(),
    sa.Column("a", sa.Integer),
    sa.Column("b", sa.Integer),
    sa.Column("score", sa.Double),
    sa.Column("bits", sa.Double),
    sa.Column("evidence", pg.JSONB),
    sa.Column("agrees", pg.ARRAY(sa.Text)),
    sa.Column("differs", pg.ARRAY(sa.Text)),
    sa.Column("valuable", sa.Boolean),
    sa.Column("check", sa.Boolean),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
STAGED: Final = tuple(STAGE.c.keys())

FOLLOW: Final = (
    sa.update(match_candidates)
    .where(
        _A.c.oneid == _C.a,
        _B.c.oneid == _C.b,
        sa.or_(_C.root_a != sa.func.least(_A.c.root, _B.c.root), _C.root_b != sa.func.greatest(_A.c.root, _B.c.root)),
    )
    .values(root_a=sa.func.least(_A.c.root, _B.c.root), root_b=sa.func.greatest(_A.c.root, _B.c.root))
)
"""Writes whom the numbers of candidates lead to now."""

SUPERSEDE_ONE: Final = (
    sa.update(match_candidates)
    .where(_C.state == "open", _C.root_a == _C.root_b)
    .values(state="superseded", updated_at=sa.bindparam("at"))
)
"""Candidates whose people became one by other means."""

SUPERSEDE_UNSEEN: Final = (
    sa.update(match_candidates)
    .where(_C.key == sa.bindparam("doc"), _C.state == "open", _C.run < sa.bindparam("seen_by"))
    .values(state="superseded", updated_at=sa.bindparam("at"))
)
"""Open candidates that a run over everybody did not find any more."""

_S: Final = STAGE.c
_SAME_PEOPLE: Final = sa.and_(_C.root_a == _S.a, _C.root_b == _S.b)
_FRESH: Final = {
    "score": _S.score,
    "bits": _S.bits,
    "evidence": _S.evidence,
    "agrees": _S.agrees,
    "differs": _S.differs,
    "valuable": _S.valuable,
    "model": sa.bindparam("by_model"),
    "document_version": sa.bindparam("by_document"),
    "run": sa.bindparam("by_run"),
    "updated_at": sa.bindparam("at"),
}

RESCORE: Final = (
    sa.update(match_candidates)
    .where(_SAME_PEOPLE, _C.state.in_((*WAITING, "superseded")))
    .values(
        _FRESH
        | {
            "state": sa.case((_C.state == "superseded", "open"), else_=_C.state),
            "refusal": sa.case((_C.decided_by.is_(None), ""), else_=_C.refusal),
        }
    )
)
"""Pairs that are asked about already get their new score; one that was given up is asked again."""

INSERT: Final = (
    pg.insert(match_candidates)
    .from_select(
        ["key", "node", "a", "b", "root_a", "root_b", *_FRESH, "state", "check", "opened_at"],
        sa.select(
            sa.bindparam("doc", type_=sa.Text), sa.bindparam("at_node", type_=sa.Text), _S.a, _S.b, _S.a, _S.b,
            _S.score, _S.bits, _S.evidence, _S.agrees, _S.differs, _S.valuable,
            sa.bindparam("by_model", type_=sa.BigInteger), sa.bindparam("by_document", type_=sa.Integer),
            sa.bindparam("by_run", type_=sa.BigInteger), sa.bindparam("at", type_=sa.DateTime(timezone=True)),
            sa.literal("open", sa.Text), _S.check, sa.bindparam("at", type_=sa.DateTime(timezone=True)),
        ).where(~sa.exists().where(_SAME_PEOPLE)),
    )
    .on_conflict_do_nothing(index_elements=["a", "b"])
)  # fmt: skip
"""Pairs of people nobody was ever asked about. What was decided about the same people stands, whatever the score."""

NEXT_AUTO: Final = (
    sa.select(match_candidates)
    .where(
        _C.key == sa.bindparam("doc"),
        _C.state == "open",
        _C.refusal == "",
        _C.decided_by.is_(None),
        _C.score >= sa.bindparam("auto"),
    )
    .order_by(_C.score.desc(), _C.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
"""Candidates to be joined without asking, the surest first."""

DECISIONS: Final = (
    sa.select(_C.id, _C.root_a, _C.root_b, _C.state, _C.evidence)
    .where(_C.key == sa.bindparam("doc"), _C.state.in_(DECIDED))
    .order_by(_C.id)
)
"""What was decided, with what was known then."""

COUNTS: Final = (
    sa.select(_C.state, sa.func.count().label("n"), sa.func.count().filter(_C.check).label("checks"))
    .where(_C.key == sa.bindparam("doc"))
    .group_by(_C.state)
)
