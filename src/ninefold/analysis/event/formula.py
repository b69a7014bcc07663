"""Formulas between measures: ``(a - b) / c``. Read into a tree, evaluated on arrays. Pure.

Only numbers, the letters of measures, + - * / and brackets; what is divided by zero, or has a missing part, is missing.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ninefold.base import invalid

Floats: TypeAlias = NDArray[np.float64]
Tree: TypeAlias = "float | str | tuple[str, Tree, Tree]"
_LONGEST = 200
_SIGNS: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_WORK: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": np.divide,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula: its text, name, tree, and the letters it uses."""

    text: str
    label: str
    tree: Tree
    letters: tuple[str, ...]


def read_formula(text: str, label: str, letters: Sequence[str], field: str) -> Formula:
    """A formula from its text.

    Args:
        text: e.g. ``b / a``.
        label: what it is called.
        letters: of the measures there are.
        field: its place, for messages.

    Raises:
        Error: invalid, for anything but arithmetic with these letters.

    >>> read_formula("(a + b) / 2", "", "ab", "x").tree
    ('/', ('+', 'a', 'b'), 2.0)
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError(text)
        tree = _tree(ast.parse(text.strip(), mode="eval").body, letters)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as exc:
        raise invalid(
            "bad_formula", "not a formula between measures", field=field, got=text[:_LONGEST],
            allowed=f"numbers, + - * /, brackets and the measures {', '.join(letters)}; up to {_LONGEST} characters",
        ) from exc  # fmt: skip
    return Formula(text=text, label=label or text, tree=tree, letters=tuple(sorted(_letters(tree))))


def evaluate(tree: Tree, values: Mapping[str, Floats]) -> Floats:
    """A formula's value wherever the measures have one; nan elsewhere."""
    match tree:
        case str():
            return values[tree]
        case float():
            return np.full(len(next(iter(values.values()))), tree)
        case sign, left, right:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                found = _WORK[sign](evaluate(left, values), evaluate(right, values))
            return np.where(np.isfinite(found), found, np.nan)


def _tree(node: ast.expr, letters: Sequence[str]) -> Tree:
    match node:
        case ast.BinOp(left, sign, right) if type(sign) in _SIGNS:
            return _SIGNS[type(sign)], _tree(left, letters), _tree(right, letters)
        case ast.UnaryOp(ast.USub(), inner):
            return "-", 0.0, _tree(inner, letters)
        case ast.Constant(value) if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        case ast.Name(name) if name in letters:
            return name
    raise ValueError(node)


def _letters(tree: Tree) -> set[str]:
    match tree:
        case str():
            return {tree}
        case float():
            return set()
        case _, left, right:
            return _letters(left) | _letters(right)
