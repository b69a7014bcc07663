"""The brand's exports: files as marketplaces, tills and the member desk give them, and a mapping document for each.

Chinese headers, GB18030 and UTF-8, a workbook with telephone numbers as numbers, masked numbers, closed orders, rows
exported twice, broken rows and rows in another encoding. What of it must be rejected is counted.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ninefold.cli.demo.files import ExportFile

from .events import product_codes
from .people import Ints, People, Texts
from .plan import CITIES, CURRENCY, MODELS, ORDER, PRODUCTS, ZONE, Channel, Kind
from .sheet import write_sheet
from .touches import Touches, bits

_ENGLISH = {chinese: english for english, chinese, _ in CITIES}
_TWICE, _CLOSED, _BROKEN, _FOREIGN = 0.02, 0.04, 0.003, 0.002
_STORES = ("人民广场店", "陆家嘴店", "中关村店", "天河店", "宝安店")


_CITY = {"column": "收货城市", "values": _ENGLISH}
TAOBAO_MAPPING: Mapping[str, object] = {
    "kind": "mapping",
    "key": "taobao_orders",
    "name": "淘宝订单",
    "source": "taobao",
    "channel": "marketplace",
    "zone": ZONE,
    "event": ORDER,
    "identifiers": [{"namespace": "taobao_id", "column": "买家会员名"}, {"namespace": "phone", "column": "联系手机"}],
    "time": "订单付款时间",
    "amount": {"column": "买家实际支付金额", "currency": CURRENCY},
    "order_id": "订单编号",
    "product_id": "商家编码",
    "quantity": "宝贝数量",
    "properties": {"product_name": "宝贝标题"},
    "traits": {"city": _CITY},
    "message_id": ["订单编号"],
    "filters": [{"column": "订单状态", "is_not": ["交易关闭"]}],
}
JD_MAPPING: Mapping[str, object] = {
    "kind": "mapping",
    "key": "jd_orders",
    "name": "京东订单",
    "source": "jd",
    "channel": "marketplace",
    "zone": ZONE,
    "event": ORDER,
    "identifiers": [{"namespace": "jd_id", "column": "下单帐号"}, {"namespace": "phone", "column": "联系电话"}],
    "time": "下单时间",
    "amount": {"column": "实付金额", "currency": CURRENCY},
    "order_id": "订单号",
    "product_id": "商品编号",
    "quantity": "订购数量",
    "traits": {"city": _CITY},
    "message_id": ["订单号"],
}
POS_MAPPING: Mapping[str, object] = {
    "kind": "mapping",
    "key": "pos_receipts",
    "name": "门店小票",
    "source": "pos",
    "channel": "store",
    "zone": ZONE,
    "event": ORDER,
    "identifiers": [{"namespace": "member_no", "column": "会员卡号"}, {"namespace": "phone", "column": "手机号"}],
    "time": {"column": ["日期", "时间"]},
    "amount": {"column": "实收金额", "currency": CURRENCY},
    "order_id": "小票号",
    "product_id": "货号",
    "quantity": "件数",
    "properties": {"store": "门店"},
    "message_id": ["小票号"],
}
MEMBER_MAPPING: Mapping[str, object] = {
    "kind": "mapping",
    "key": "members",
    "name": "会员名单",
    "source": "members",
    "channel": "store",
    "zone": ZONE,
    "identifiers": [{"namespace": "member_no", "column": "会员卡号"}, {"namespace": "phone", "column": "手机号"}],
    "time": "入会时间",
    "traits": {"city": {"column": "城市", "values": _ENGLISH}},
    "message_id": ["会员卡号"],
}
MAPPINGS = (MEMBER_MAPPING, TAOBAO_MAPPING, JD_MAPPING, POS_MAPPING)


def write_exports(
    people: People, orders: Mapping[Channel, Touches], members: Touches, folder: Path, *, block: int
) -> tuple[ExportFile, ...]:
    """Write the files of a block into a folder, which must exist."""
    rng = np.random.default_rng([people.plan.seed, block, 2])
    return (
        _write_members(people, members, folder / f"会员_{block:03d}.csv"),
        _write_taobao(people, orders[Channel.TAOBAO], folder / f"淘宝订单_{block:03d}.csv", rng),
        _write_jd(people, orders[Channel.JD], folder / f"京东订单_{block:03d}.xlsx"),
        _write_pos(people, orders[Channel.POS], folder / f"门店小票_{block:03d}.csv", rng),
    )


def _local(ts: Ints, pattern: str) -> Texts:
    stamps = pa.array(ts // 1000, pa.timestamp("s")).cast(pa.int64())
    local = pc.add(stamps, 8 * 3600).cast(pa.timestamp("s"))
    return np.array(pc.strftime(local, format=pattern).to_pylist(), object)


def _money(minor: Ints) -> Texts:
    return np.array([f"{amount / 100:.2f}" for amount in minor.tolist()], object)


def _shown(people: People, touch: Touches, *kinds: Kind) -> Texts:
    """The value of the first of some kinds that each touch shows, empty where it shows none."""
    values = np.full(len(touch), "", object)
    for kind in kinds:
        here = touch.shows & bits(kind) > 0
        values[here] = people.values[kind][touch.person[here]]
    return values


def _phones(people: People, touch: Touches) -> Texts:
    """Numbers as typed: without the country code."""
    full = _shown(people, touch, Kind.PHONE, Kind.PHONE_NEW, Kind.PHONE_TYPO)
    return np.array([number.removeprefix("+86") for number in full], object)


def _cities(people: People, touch: Touches) -> Texts:
    return np.array([chinese for _, chinese, _ in CITIES], object)[people.city[touch.person]]


def _numbers(prefix: str, people: People, touch: Touches) -> Texts:
    """Numbers of orders, unique in the brand: a block has far fewer orders than a hundred per person."""
    order = touch.order if touch.order is not None else np.arange(len(touch))
    return np.array(
        [f"{prefix}{number}" for number in (order + 10_000_000_000 + people.index[0] * 100).tolist()], object
    )


def _titles(touch: Touches) -> Texts:
    models = np.array([f"{name} {i:02d} 型" for name in PRODUCTS for i in range(MODELS)], object)
    return models[_product(touch)]


def _product(touch: Touches) -> Ints:
    return touch.product if touch.product is not None else np.zeros(len(touch), np.int64)


def _columns(*columns: Texts | Sequence[object]) -> list[tuple[str, ...]]:
    return list(zip(*(list(column) for column in columns), strict=True))


def _csv(rows: Sequence[Sequence[str]]) -> list[str]:
    return [",".join(row) for row in rows]


def _write_taobao(people: People, touch: Touches, path: Path, rng: np.random.Generator) -> ExportFile:
    count = len(touch)
    full = people.values[Kind.PHONE][touch.person]
    hidden = np.array([f"{number[3:6]}****{number[-4:]}" for number in full], object)
    phones = _phones(people, touch)
    rows = _columns(
        _numbers("T", people, touch),
        people.values[Kind.TAOBAO][touch.person],
        np.where(phones == "", hidden, phones),
        _cities(people, touch),
        _titles(touch),
        product_codes(_product(touch)),
        [str(pieces) for pieces in (touch.quantity if touch.quantity is not None else np.ones(count, int)).tolist()],
        _money(touch.amount if touch.amount is not None else np.zeros(count, np.int64)),
        _local(touch.ts, "%Y-%m-%d %H:%M:%S"),
        ["交易成功"] * count,
    )
    closed = [(f"{row[0]}C", *row[1:-1], "交易关闭") for row in (rows[i] for i in _some(rng, count, _CLOSED))]
    again = [rows[i] for i in _some(rng, count, _TWICE)]
    head = "订单编号,买家会员名,联系手机,收货城市,宝贝标题,商家编码,宝贝数量,买家实际支付金额,订单付款时间,订单状态"
    lines = [head, *_csv([*rows, *closed, *again])]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("gb18030"))
    return ExportFile(path=path, mapping=TAOBAO_MAPPING, rows=len(lines) - 1, skipped=len(closed), repeated=len(again))


def _write_jd(people: People, touch: Touches, path: Path) -> ExportFile:
    count = len(touch)
    amounts = touch.amount if touch.amount is not None else np.zeros(count, np.int64)
    pieces = touch.quantity if touch.quantity is not None else np.ones(count, np.int64)
    rows = list(
        zip(
            _numbers("", people, touch),
            people.values[Kind.JD][touch.person],
            [float(number) for number in _phones(people, touch)],  # a workbook takes them for quantities
            _cities(people, touch),
            product_codes(_product(touch)),
            pieces.tolist(),
            (amounts / 100).tolist(),
            _local(touch.ts, "%Y/%m/%d %H:%M:%S"),
            strict=True,
        )
    )
    headers = ("订单号", "下单帐号", "联系电话", "收货城市", "商品编号", "订购数量", "实付金额", "下单时间")
    write_sheet(path, headers, rows)
    return ExportFile(path=path, mapping=JD_MAPPING, rows=count)


def _write_pos(people: People, touch: Touches, path: Path, rng: np.random.Generator) -> ExportFile:
    count = len(touch)
    amounts = touch.amount if touch.amount is not None else np.zeros(count, np.int64)
    pieces = touch.quantity if touch.quantity is not None else np.ones(count, np.int64)
    rows = _columns(
        _numbers("P", people, touch),
        _shown(people, touch, Kind.MEMBER),
        _phones(people, touch),
        np.array(_STORES, object)[rng.integers(0, len(_STORES), count)],
        product_codes(_product(touch)),
        [str(number) for number in pieces.tolist()],
        [f'"¥{amount / 100:,.2f}"' for amount in amounts.tolist()],
        _local(touch.ts, "%Y/%m/%d"),
        _local(touch.ts, "%H:%M:%S"),
    )
    lines = [line.encode() for line in _csv(rows)]
    foreign = _some(rng, count, _FOREIGN)
    for i in foreign:
        lines[i] = lines[i].decode().encode("gb18030")
    broken = [_broken(rows[i], kind) for kind, i in enumerate(_some(rng, count, _BROKEN))]
    for place, line in zip(rng.integers(0, count + 1, len(broken)).tolist(), broken, strict=True):
        lines.insert(place, line.encode())
    again = [lines[i] for i in _some(rng, count, _TWICE / 4) if lines[i] not in {line.encode() for line in broken}]
    head = "小票号,会员卡号,手机号,门店,货号,件数,实收金额,日期,时间".encode()
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join([head, *lines, *again]) + b"\n")
    return ExportFile(
        path=path, mapping=POS_MAPPING, rows=len(lines) + len(again), rejected=len(broken), repeated=len(again)
    )


def _broken(row: Sequence[str], kind: int) -> str:
    """A row that went wrong: cut off, without an amount that is one, with a quote that stays open, without a day."""
    number, *rest = row
    match kind % 4:
        case 0:
            return ",".join([f"{number}X", *rest[:3]])
        case 1:
            return ",".join([f"{number}X", *rest[:5], "未收", *rest[6:]])
        case 2:
            return ",".join([f"{number}X", *rest[:2], f'"{rest[2]}', *rest[3:]])
        case _:
            return ",".join([f"{number}X", *rest[:6], "32/13/2026", rest[7]])


def _write_members(people: People, touch: Touches, path: Path) -> ExportFile:
    rows = _columns(
        people.values[Kind.MEMBER][touch.person],
        _phones(people, touch),
        _cities(people, touch),
        _local(touch.ts, "%Y-%m-%d %H:%M:%S"),
    )
    path.write_text("\n".join(["会员卡号,手机号,城市,入会时间", *_csv(rows)]) + "\n", encoding="utf-8")
    return ExportFile(path=path, mapping=MEMBER_MAPPING, rows=len(rows))


def _some(rng: np.random.Generator, count: int, share: float) -> list[int]:
    """Positions of a share of rows, at least one where there are rows."""
    chosen = min(max(int(count * share), 1), count)
    return sorted(rng.choice(count, chosen, replace=False).tolist())
