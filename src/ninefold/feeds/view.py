"""What a key may know of each change. The one place where it is decided; no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ninefold.customers import OwnSources
from ninefold.governance import Principal, calls
from ninefold.store import changes

from .model import Change

Data = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change of the log.

    Attributes:
        position: where it stands.
        entry: what it shares with others.
        account: of whom it tells.
        ref: what it is about; 0 when there is nothing.
    """

    position: changes.Position
    entry: changes.Entry
    account: int
    ref: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account that changes name, and the person it belongs to now.

    Attributes:
        public_id: of the account.
        root_id: of the person.
        visible: the key sees the person.
        member: the key would see the person if everybody consented.
    """

    public_id: str
    root_id: str
    visible: bool
    member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An identifier that changes name, as the key may see its value, and the sources that said it."""

    namespace: str
    value: str
    sources: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known about the changes of a chunk, and what a key may know of each.

    Attributes:
        caller: the key.
        nodes: codes of the key's nodes; None is all.
        line: codes of the key's node and of those above it.
        own: the key's own sources; None when it sees what all say.
        people: by account.
        identifiers: by number, those that are still kept.
        marks: seals the names of changes.
    """

    caller: Principal
    nodes: frozenset[str] | None
    line: frozenset[str]
    own: OwnSources | None
    people: Mapping[int, Person]
    identifiers: Mapping[int, Named]
    marks: calls.Marks

    def of(self, item: Item) -> Change | None:
        """The change as the key sees it; nothing when the key may not know of it."""
        who = self.people.get(item.account)
        if who is None:
            return None
        entry = item.entry
        told = _TELL.get(entry.kind, View._shared)(self, item, who)
        if told is None:
            return None
        customer, data = told
        name = f"chg_{self.marks.seal('change', *item.position)}"
        return Change(id=name, kind=entry.kind, at=entry.at, customer=customer, data=data)

    @staticmethod
    def _shared(_view: "View", item: Item, who: Person) -> tuple[str, Data] | None:
        """Of whom the key sees."""
        return (who.root_id, dict(item.entry.detail)) if who.visible else None

    def _updated(self, item: Item, who: Person) -> tuple[str, Data] | None:
        if not who.visible or not self._mine(str(item.entry.detail.get("source", ""))):
            return None
        return who.root_id, {"traits": item.entry.detail.get("traits", [])}

    def _tag(self, item: Item, who: Person) -> tuple[str, Data] | None:
        if not who.visible or not self._mine(str(item.entry.detail.get("source", ""))):
            return None
        return who.root_id, {"tag": item.entry.detail.get("tag", "")}

    def _segment(self, item: Item, who: Person) -> tuple[str, Data] | None:
        """Not for who sees only what its own sources said: a segment knows more."""
        return self._shared(self, item, who) if self.own is None else None

    def _deleted(self, item: Item, who: Person) -> tuple[str, Data] | None:
        return (who.public_id, {}) if self._concerned(item.entry) else None

    def _merged(self, item: Item, who: Person) -> tuple[str, Data] | None:
        into = self.people.get(item.ref)
        return (into.root_id, {"merged": who.public_id}) if into is not None and into.visible else None

    def _split(self, item: Item, who: Person) -> tuple[str, Data] | None:
        stays = self.people.get(item.ref)
        if stays is None or not (stays.visible or who.visible):
            return None
        return stays.root_id, {"split": who.public_id}

    def _identifier(self, item: Item, who: Person) -> tuple[str, Data] | None:
        known = self.identifiers.get(item.ref)
        if known is None or not who.visible:
            return None
        if known.sources and not any(map(self._mine, known.sources)):
            return None
        return who.root_id, {"namespace": known.namespace, "value": known.value}

    def _membership(self, item: Item, who: Person) -> tuple[str, Data] | None:
        """Also that somebody left, or was given to another node, whom the key does not see any more."""
        if not self._concerned(item.entry):
            return None
        detail = item.entry.detail
        mine = self.nodes is None or detail.get("node") in self.nodes
        if mine and detail.get("status") != "left":
            return (who.root_id, dict(detail)) if who.visible else None
        lost = detail if mine else {"node": self._of_mine(item.entry), "status": "left"}
        return who.root_id, dict(lost)

    def _consent(self, item: Item, who: Person) -> tuple[str, Data] | None:
        """Also that somebody took back what let the key see them."""
        detail = item.entry.detail
        scope, node = self.caller.scope, detail.get("node")
        if scope.purposes and detail.get("purpose") not in scope.purposes:
            return None
        if self.nodes is not None and node and node not in self.nodes and node not in self.line:
            return None
        taken_back = who.member and detail.get("said") in {"denied", "withdrawn"}
        return (who.root_id, dict(detail)) if who.visible or taken_back else None

    def _mine(self, source: str) -> bool:
        return self.own is None or source in self.own

    def _concerned(self, entry: changes.Entry) -> bool:
        return self.nodes is None or not self.nodes.isdisjoint(entry.nodes or ())

    def _of_mine(self, entry: changes.Entry) -> str:
        return next(node for node in entry.nodes or () if node in (self.nodes or ()))


_TELL: Mapping[changes.Kind, Callable[[View, Item, Person], tuple[str, Data] | None]] = {
    changes.Kind.UPDATED: View._updated,  # noqa: SLF001 - the table of the class's own rules
    changes.Kind.TAGGED: View._tag,  # noqa: SLF001
    changes.Kind.UNTAGGED: View._tag,  # noqa: SLF001
    changes.Kind.ENTERED: View._segment,  # noqa: SLF001
    changes.Kind.LEFT: View._segment,  # noqa: SLF001
    changes.Kind.DELETED: View._deleted,  # noqa: SLF001
    changes.Kind.MERGED: View._merged,  # noqa: SLF001
    changes.Kind.SPLIT: View._split,  # noqa: SLF001
    changes.Kind.LINKED: View._identifier,  # noqa: SLF001
    changes.Kind.UNLINKED: View._identifier,  # noqa: SLF001
    changes.Kind.MEMBERSHIP: View._membership,  # noqa: SLF001
    changes.Kind.CONSENT: View._consent,  # noqa: SLF001
}
