"""What no event means to a figure. Pure."""

from ninefold.predicate.forms import is_number
from ninefold.predicate.model import COUNTS, EventClause, Measure, Op, Operand


def accepts_zero(op: Op, value: Operand) -> bool:
    """Whether 0 satisfies a comparison with a number: decides what no event and no value mean.

    >>> accepts_zero(Op.LT, 3), accepts_zero(Op.NOT_IN, (0, 1))
    (True, False)
    """
    if op in {Op.NE, Op.NOT_IN}:
        return not accepts_zero(Op.EQ if op is Op.NE else Op.IN, value)
    if isinstance(value, tuple):
        numbers = [each for each in value if is_number(each)]
        return 0 in numbers if op is Op.IN else numbers[0] <= 0 <= numbers[1]
    if not is_number(value):
        raise TypeError(value)  # a checked tree has a number here
    return {Op.EQ: value == 0, Op.GT: value < 0, Op.GTE: value <= 0, Op.LT: value > 0, Op.LTE: value >= 0}[op]


def counts_nothing(clause: EventClause) -> bool:
    """Whether people without any such event pass: a count or sum over nothing is 0."""
    figure = clause.measure in COUNTS or clause.measure is Measure.SUM
    return figure and clause.op is not None and accepts_zero(clause.op, clause.value)
