"""The brand as a whole: blocks of people with their files, events and truth, and what is expected of the system.

Everything is a function of the plan: a block may be made, dropped and made again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

import pyarrow as pa

from ninefold.base import from_ms
from ninefold.cli.demo.files import ExportFile
from ninefold.collect import Event

from .events import batches, make_events
from .exports import write_exports
from .people import People, make_people
from .plan import BODY, ORDER, BrandPlan, Channel
from .response import Response, respond
from .touches import Touches, make_members, make_orders, make_visits
from .truth import DORMANT, REGULARS, SCALES, BlockTruth, Truth, block_truth, join_truths

_SDK = (Channel.MINI, Channel.APP, Channel.WEB)


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some of the people of a brand with all they did."""

    number: int
    people: People
    orders: dict[Channel, Touches]
    members: Touches
    visits: tuple[Touches, ...]

    def files(self, folder: Path) -> tuple[ExportFile, ...]:
        """Write this block's exports into a folder, which must exist."""
        return write_exports(self.people, self.orders, self.members, folder, block=self.number)

    @cached_property
    def events(self) -> list[Event]:
        """This block's SDK events in the order of their arrival, repeats among them."""
        touches = [*self.visits, *(self.orders[channel] for channel in _SDK)]
        return make_events(self.people, touches, block=self.number)

    @cached_property
    def truth(self) -> BlockTruth:
        """What is true of this block."""
        return block_truth(self.people, [*self.orders.values(), self.members, *self.visits])


class Brand:
    """A generated omni-channel brand with planted truth.

    Small brands are one block, which is kept; large ones are made block by block, so that memory stays bounded.
    """

    def __init__(self, plan: BrandPlan | None = None) -> None:
        self.plan = plan or BrandPlan()
        self._block = lru_cache(maxsize=1)(self._make)

    def blocks(self) -> Iterator[Block]:
        """The blocks of the brand, one after the other."""
        for number in range(-(-self.plan.people // self.plan.block)):
            yield self._block(number)

    def history_files(self, folder: Path) -> tuple[ExportFile, ...]:
        """Write all exports into a folder: member lists first, since they tell card and telephone number together."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [file for block in self.blocks() for file in block.files(folder)]
        order = {file.mapping["key"]: place for place, file in enumerate(files[:4])}
        return tuple(sorted(files, key=lambda file: (order[file.mapping["key"]], file.path.name)))

    def history_events(self, size: int = 5_000) -> Iterator[list[Event]]:
        """Batches of SDK events, each block in the order of arrival."""
        for block in self.blocks():
            yield from batches(block.events, size)

    @cached_property
    def truth(self) -> Truth:
        """What is true of the whole brand."""
        return join_truths(block.truth for block in self.blocks())

    def respond(
        self, identifiers: pa.Table, treated: Sequence[int], control: Sequence[int], *, at: datetime
    ) -> Response:
        """The orders that follow a campaign; see :func:`respond`."""
        return respond(self.plan, identifiers, treated, control, at=at)

    def segments(self) -> tuple[dict[str, object], ...]:
        """Segment documents whose true sizes are in ``truth.segments``."""
        recent = {"since": from_ms(self.plan.recent_ms).isoformat()}
        ordered = {"event": ORDER, "measure": "did"}
        return (
            {
                "kind": "segment",
                "key": DORMANT,
                "name": "Dormant buyers",
                "condition": {"all": [ordered, {"not": {**ordered, "within": recent}}]},
            },
            {
                "kind": "segment",
                "key": REGULARS,
                "name": "Regulars in Shanghai",
                "condition": {
                    "all": [
                        {"trait": "city", "op": "eq", "value": "Shanghai"},
                        {"event": ORDER, "measure": "count", "op": "gte", "value": 3},
                    ]
                },
            },
            {
                "kind": "segment",
                "key": SCALES,
                "name": "Active scale owners",
                "condition": {"event": BODY, "measure": "did", "within": recent},
            },
        )

    def _make(self, number: int) -> Block:
        people = make_people(self.plan, number)
        orders = make_orders(people)
        return Block(
            number=number,
            people=people,
            orders=orders,
            members=make_members(people),
            visits=tuple(make_visits(people)),
        )
