"""Paths, carried out: scan, name, clean, sort, cut, count edges and what ends where."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np

from ninefold.analysis.counting import Ran, headcount, people_of, share, spread
from ninefold.analysis.frame import Frame, coded
from ninefold.analysis.model import Crowd, Ints, People
from ninefold.analysis.queries import name_text, tie
from ninefold.analysis.streams import Flags, ordered
from ninefold.base import Fields, to_ms

from .model import Path, PathDifference, PathEdge, PathNode, PathResult
from .rules import Walk, cleaned, newcombe, walks

CROWD = ("all", "step", "source", "target", "name", "dropped", "against")
_NAME, _TIE = "name", "tie"
_DAY = timedelta(days=1)
_BASE = 1 << 24  # names; steps and both ends of an edge stand in one number


@dataclass(frozen=True, slots=True)
class Walked:
    """One crowd's paths, and their edges: place of each edge's source in the walk, and the edge as a number."""

    walk: Walk
    names: tuple[str, ...]
    source: Ints
    edge: Ints

    @property
    def paths(self) -> int:
        """How many paths there are."""
        return int(self.walk.path[-1]) + 1 if len(self.walk.path) else 0

    def number(self, step: int, source: str, target: str) -> int:
        """An edge's number; -1 for names that do not occur."""
        if source not in self.names or target not in self.names:
            return -1
        return _edge(step, self.names.index(source), self.names.index(target))


def run(path: Path, frame: Frame) -> Ran[PathResult]:
    """Carry paths out on a frame."""
    own = _walked(path, frame)
    other = _walked(path, frame.other(path.against.condition)) if path.against else None
    numbers, place = np.unique(own.edge, return_inverse=True)
    counts = np.bincount(place, minlength=len(numbers))
    people = headcount(own.walk.person[own.source], place, len(numbers))
    listed = np.lexsort((numbers, -counts))[: path.most]
    edges = tuple(_told(own, other, int(numbers[one]), (place == one, int(people[one]))) for one in listed.tolist())
    everyone = people_of(own.walk.person)
    return Ran(
        result=PathResult(
            paths=own.paths,
            people=len(everyone),
            crowd={"all": True},
            against_paths=other.paths if other else None,
            edges=edges,
            edges_not_listed=len(numbers) - len(edges),
            nodes=_nodes(path, own, edges),
        ),
        notes=_notes(path),
        complete_at=frame.end + _DAY,
        find=partial(_crowd, own, other),
    )


def _edge(step: int, source: int, target: int) -> int:
    return ((step + 64) * _BASE + source) * _BASE + target


def _walked(path: Path, frame: Frame) -> Walked:
    """The paths of a frame's people that begin in the window; they may go on for a day after it."""
    values = {_NAME: path.by} if path.by else {}
    extra = {} if path.by else {_NAME: name_text()}
    columns = frame.scan(
        [path.pick], since=frame.start - _DAY, until=frame.end + _DAY, values=values, columns={_TIE: tie(), **extra}
    )
    codes, names = coded(columns.more[_NAME])
    table, names = cleaned(names, path.clean)
    node = np.where(codes >= 0, np.append(table, -1)[codes], -1)
    blank = names.index("") if "" in names else -1
    kept = (node >= 0) & (node != blank)
    columns, node = columns.where(kept), node[kept]
    stream = ordered(columns, 1, tie=columns.more[_TIE].to_numpy())
    begin = (to_ms(frame.start), to_ms(frame.end))
    walk = walks(path, stream, node[stream.row], names, begin)
    source = np.flatnonzero(walk.path[1:] == walk.path[:-1])
    edge = ((walk.step[source] + 64) * _BASE + walk.node[source]) * _BASE + walk.node[source + 1]
    return Walked(walk, names, source, edge)


def _told(own: Walked, other: Walked | None, number: int, used: tuple[Flags, int]) -> PathEdge:
    rows, people = used
    step, source, target = number // _BASE // _BASE - 64, own.names[number // _BASE % _BASE], own.names[number % _BASE]
    crowd = {"step": step, "source": source, "target": target}
    places = own.source[rows]
    return PathEdge(
        step=step,
        source=source,
        target=target,
        paths=len(places),
        share=share(len(places), own.paths),
        people=people,
        crowd=crowd,
        took=spread(own.walk.at[places + 1] - own.walk.at[places], unit=1000),
        against=_difference(own, other, len(places), crowd) if other else None,
    )


def _difference(own: Walked, other: Walked, paths: int, crowd: Crowd) -> PathDifference:
    number = other.number(int(str(crowd["step"])), str(crowd["source"]), str(crowd["target"]))
    rows = other.source[other.edge == number]
    found = newcombe(paths, own.paths, len(rows), other.paths)
    return PathDifference(
        paths=len(rows),
        people=len(people_of(other.walk.person[rows])),
        crowd={**crowd, "against": True},
        share=share(len(rows), other.paths),
        difference=found[0] if found else None,
        low=found[1] if found else None,
        high=found[2] if found else None,
    )


def _nodes(path: Path, own: Walked, edges: tuple[PathEdge, ...]) -> tuple[PathNode, ...]:
    """The nodes that listed edges touch."""
    touched = {(one.step, one.source) for one in edges} | {(one.step + 1, one.target) for one in edges}
    if not edges:
        touched = {(int(step), own.names[node]) for step, node in zip(own.walk.step, own.walk.node, strict=True)}
    found = []
    for step, name in sorted(touched):
        here = _here(own, step, name)
        gone = here & ~own.walk.more
        found.append(
            PathNode(
                step=step,
                name=name,
                paths=int(here.sum()),
                people=len(people_of(own.walk.person[here])),
                crowd={"step": step, "name": name},
                dropped=int(gone.sum()),
                dropped_people=len(people_of(own.walk.person[gone])),
                dropped_crowd={"step": step, "name": name, "dropped": True},
            )
        )
    return tuple(sorted(found, key=lambda node: (node.step, -node.paths, node.name))[: 2 * path.most])


def _here(own: Walked, step: int, name: str) -> Flags:
    node = own.names.index(name) if name in own.names else -1
    found: Flags = (own.walk.step == step) & (own.walk.node == node)
    return found


def _crowd(own: Walked, other: Walked | None, wanted: Fields) -> People:
    """The people of an edge ``{step, source, target}`` (of the other crowd: ``against``), of a node ``{step, name}``
    (or those whose path ends there: ``dropped``), or of all paths.
    """
    if wanted.has("source") or wanted.has("target"):
        walked = other if other is not None and wanted.flag("against", default=False) else own
        step = wanted.integer("step", None, low=-64, high=64)
        number = walked.number(step, wanted.text("source"), wanted.text("target"))
        return people_of(walked.walk.person[walked.source[walked.edge == number]])
    if wanted.has("name"):
        here = _here(own, wanted.integer("step", None, low=-64, high=64), wanted.text("name"))
        return people_of(own.walk.person[here & ~own.walk.more if wanted.flag("dropped", default=False) else here])
    return people_of(own.walk.person)


def _notes(path: Path) -> tuple[str, ...]:
    notes = [
        f"a path is one session: a pause of {timedelta(milliseconds=path.gap_ms)} ends it",
        "paths that begin in the window, for a day after its end at most",
        "steps are named by " + (f"the property {path.by}; events without one are left out" if path.by else "events"),
    ]
    if not path.repeats:
        notes.append("the same name several times in a row is one step, from its first")
    if path.start or path.end:
        notes.append(f"only paths with {path.start or path.end}, from or to the first time it comes in a path")
    if path.against:
        notes.append("a person in both crowds counts in both; the interval takes paths as independent")
    return tuple(notes)
