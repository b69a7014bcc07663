"""Paths: the definition and the result. Frozen values."""

from dataclasses import dataclass
from typing import Literal

from ninefold.analysis.counting import Spread
from ninefold.analysis.model import Chosen, Crowd, Pick

GAP_MS = 30 * 60_000
STEPS_MAX = 20
EDGES_MAX = 500
RULES_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """One rule of cleaning names: what the pattern (RE2) matches becomes the text."""

    pattern: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Paths.

    Attributes:
        pick: the events that are steps.
        by: the property that names a step; empty for the event's name. Events without a name are left out.
        clean: rules applied to names, in order.
        repeats: whether the same name twice in a row is two steps.
        gap_ms: a pause of this length ends a path.
        start: a path begins at its first step of this name; empty for its first step.
        end: a path ends at its first step of this name, and steps are counted back from there; empty for no such end.
        steps: how many steps are looked at.
        most: how many edges are listed.
        against: a crowd that is compared with.
    """

    pick: Pick
    by: str = ""
    clean: tuple[Clean, ...] = ()
    repeats: bool = False
    gap_ms: int = GAP_MS
    start: str = ""
    end: str = ""
    steps: int = 5
    most: int = 50
    against: Chosen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathNode:
    """A name at one step.

    Attributes:
        step: from 1; with an end, steps before it are -1, -2, ... and the end is 0.
        name: the cleaned name.
        paths: how many paths are there.
        people: whose they are.
        crowd: these people.
        dropped: paths that end there; with an end, paths that begin there.
        dropped_people: whose these are.
        dropped_crowd: these people.
    """

    step: int
    name: str
    paths: int
    people: int
    crowd: Crowd
    dropped: int
    dropped_people: int
    dropped_crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDifference:
    """An edge in the crowd compared with: its paths and people, and the difference of shares with a 95 % interval.

    The interval is Newcombe's for two independent shares (hybrid score, method 10; Stat. Med. 17, 1998).
    """

    paths: int
    people: int
    crowd: Crowd
    share: float | None
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathEdge:
    """From a name at one step to a name at the next.

    Attributes:
        step: of the source.
        source: name at the step.
        target: name at the next one.
        paths: how many go there.
        share: of all paths.
        people: whose they are.
        crowd: these people.
        took: seconds between the two.
        against: the same in the crowd compared with.
    """

    step: int
    source: str
    target: str
    paths: int
    share: float | None
    people: int
    crowd: Crowd
    took: Spread | None
    against: PathDifference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathResult:
    """Paths of the window: nodes and edges, the most used first.

    Attributes:
        paths: how many.
        people: whose.
        crowd: these people.
        against_paths: paths of the crowd compared with; None when there is none.
        edges: the most used ones.
        edges_not_listed: how many different ones are left out.
        nodes: the names at each step that listed edges touch, or where all paths begin.
    """

    method: Literal["path"] = "path"
    paths: int
    people: int
    crowd: Crowd
    against_paths: int | None
    edges: tuple[PathEdge, ...]
    edges_not_listed: int
    nodes: tuple[PathNode, ...]
