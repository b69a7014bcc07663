"""What makes a condition right: its shape alone (`structure_problems`), and against what is known (`check`). Pure.

`parse` raises the first structural problem; the compiler refuses a tree that has one; `check` tells them all and
adds unknown names and comparisons that can never be true.
"""

from .events import filter_problems
from .names import check
from .shape import structure_problems
from .windows import window_problems
from .zero import accepts_zero, counts_nothing

__all__ = ["accepts_zero", "check", "counts_nothing", "filter_problems", "structure_problems", "window_problems"]
