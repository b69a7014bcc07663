"""Ready mappings on files made as the marketplaces make them: the guess finds them, and the events are right."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from tests.support.collecting import quarantined, stored

from ninefold.base import FixedClock
from ninefold.collect.event import Event
from ninefold.collect.imports import Imports, adopt, guess, mapping_document, parse_mapping, ready_mappings
from ninefold.store import Records, find_definition, get_definition

TAOBAO = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,"
    "买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,"
    "订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,"
    "宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,退款金额"
)
JD = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,"
    "客户地址,联系电话,订单备注,发票类型,运费金额,订单来源,订单渠道,货号,店铺名称"
)
DOUYIN = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品金额,订单应付金额,运费,支付方式,收件人,收件人手机号,省,市,区,"
    "详细地址,订单提交时间,支付完成时间,订单完成时间,订单状态,订单类型,达人昵称,售后状态,取消原因,买家抖音号"
)
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Billing Name,Billing City,Billing Province,Billing Country,Shipping Name,"
    "Shipping Phone,Cancelled at,Payment Method,Refunded Amount,Vendor,Id,Tags,Phone"
)
WOO = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,order_total,order_currency,payment_method,"
    "payment_method_title,customer_id,customer_user,customer_email,billing_first_name,billing_last_name,billing_email,"
    "billing_phone,billing_city,billing_country,line_items"
)
YOUZAN = (
    "订单号,买家昵称,买家手机号,订单状态,订单创建时间,买家付款时间,交易成功时间,全部商品名称,商品种类数,订单商品总件数,运费,店铺优惠合计,"
    "商品金额合计,订单实付金额,订单已退款金额,收货人/提货人,收货人手机号/提货人手机号,收货人省份,收货人城市,归属店铺"
)
POS = "小票号,交易时间,交易类型,门店,收银员,会员卡号,手机号,商品编码,商品名称,类别,数量,单价,实收金额"


def sheet(path: Path, columns: str, rows: list[dict[str, object]], *, encoding: str = "utf-8-sig") -> Path:
    headers = columns.split(",")
    table = [[str(row.get(header.strip(), "")) for header in headers] for row in rows]
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        page = book.worksheets[0]
        for line in ([*headers], *table):
            page.append(line)
        book.save(path)
        return path
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([headers, *table])
    return path


class Desk:
    """Imports a file by its ready mapping."""

    def __init__(self, records: Records, clock: FixedClock) -> None:
        self.records, self.clock = records, clock
        self.imports = Imports(records, clock)

    def bring(self, path: Path, key: str) -> list[Event]:
        found = guess(path)
        assert found.mapping is not None
        assert found.mapping.key == key, (found.mapping.key, found.warnings)
        with self.records.begin() as conn:
            mapping = adopt(conn, key.replace("_", "-"), now=self.clock.now())
        run = self.imports.run(self.imports.start(path, mapping).id)
        assert run.state == "done"
        return stored(self.records)


@pytest.fixture
def desk(records: Records, clock: FixedClock) -> Desk:
    return Desk(records, clock)


def revenue(events: list[Event]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for event in events:
        sums[event.name] += event.revenue_minor
    return dict(sums)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_taobao_in_gbk_with_masked_phones_and_refunds(desk: Desk, tmp_path: Path, suffix: str) -> None:
    paid = {"订单付款时间": "2026-05-01 10:00:00", "订单创建时间": "2026-05-01 09:59:00", "宝贝总数量": "2"}
    rows: list[dict[str, object]] = [
        {"订单编号": "3001", "买家会员名": "小明tb", "总金额": "1,234.50", "买家实际支付金额": "1234.50",
         "退款金额": "0.00", "订单状态": "交易成功", "联系手机": "'13912340001", "宝贝标题": "空调, 大", **paid},
        {"订单编号": "3002", "买家会员名": "小红", "总金额": "80.00", "退款金额": "30.00", "订单状态": "交易成功",
         "联系手机": "139****0002", **paid},
        {"订单编号": "3003", "买家会员名": "小刚", "总金额": "60", "订单状态": "等待买家付款"},
        {"订单编号": "3004", "买家会员名": "小刚", "总金额": "60", "退款金额": "60.00", "订单状态": "交易关闭",
         "订单关闭原因": "退款", **paid},
    ]  # fmt: skip
    path = sheet(tmp_path / f"ExportOrderList{suffix}", TAOBAO, rows, encoding="gb18030")
    events = desk.bring(path, "taobao_orders")
    assert revenue(events) == {"Order Completed": 123450 + 8000 + 6000, "Order Refunded": 3000 + 6000}
    first = next(event for event in events if event.order_id == "3001")
    assert first.identifiers == (("taobao_id", "小明tb"), ("phone", "13912340001"))
    assert (first.ts, first.quantity) == (int(datetime(2026, 5, 1, 2, tzinfo=UTC).timestamp() * 1000), 2.0)
    second = [event for event in events if event.order_id == "3002"]
    assert {event.identifiers for event in second} == {(("taobao_id", "小红"),)}, "a masked phone names nobody"
    again = sheet(tmp_path / f"later{suffix}", TAOBAO, rows, encoding="gb18030")
    assert desk.bring(again, "taobao_orders") == [], "the next export holds the same orders"


def test_jd_orders_count_once_and_their_products_each(desk: Desk, tmp_path: Path) -> None:
    order = {"订单号": "88", "下单时间": "2026-05-01 10:00:00", "应付金额": "300.00", "订单金额": "310.00",
             "订单状态": "完成", "下单帐号": "jd_pin", "联系电话": "159****0001", "支付方式": "在线支付"}  # fmt: skip
    rows: list[dict[str, object]] = [
        {**order, "商品ID": "100", "商品名称": "扫地机", "订购数量": "1", "京东价": "200.00"},
        {**order, "商品ID": "101", "商品名称": "滤网", "订购数量": "2", "京东价": "50.00"},
        {**order, "订单号": "89", "商品ID": "100", "订单状态": "(删除)已取消"},
    ]
    events = desk.bring(sheet(tmp_path / "jd.csv", JD, rows, encoding="gb18030"), "jd_orders")
    assert revenue(events) == {"Order Completed": 30000, "Product Purchased": 0}
    bought = {event.product_id: event.quantity for event in events if event.name == "Product Purchased"}
    assert bought == {"100": 1.0, "101": 2.0}
    assert {event.order_id for event in events} == {"88"}


def test_douyin_sub_orders_and_finished_after_sale_cases(desk: Desk, tmp_path: Path) -> None:
    paid = {"支付完成时间": "2026/05/01 10:00:00", "商品数量": "1", "收件人手机号": "13912340009"}
    rows: list[dict[str, object]] = [
        {"主订单编号": "6920", "子订单编号": "6920-1", "订单应付金额": "¥99.00", "商品ID": "A", **paid},
        {"主订单编号": "6920", "子订单编号": "6920-2", "订单应付金额": "1.00", "商品ID": "B", "售后状态": "退款成功",
         **paid},
        {"主订单编号": "6921", "子订单编号": "6921", "订单应付金额": "5", **paid, "收件人手机号": "139****0001"},
    ]  # fmt: skip
    events = desk.bring(sheet(tmp_path / "douyin.csv", DOUYIN, rows), "douyin_orders")
    assert revenue(events) == {"Order Completed": 10000, "Order Refunded": 100}
    assert {event.order_id for event in events} == {"6920"}
    assert [entry.code for entry in quarantined(desk.records)] == ["no_identifier"]


def test_shopify_orders_of_several_lines(desk: Desk, tmp_path: Path) -> None:
    line = {"Name": "#1001", "Email": "ann@example.com", "Created at": "2026-05-01 10:00:00 +0800", "Vendor": "Acme"}
    rows: list[dict[str, object]] = [
        {**line, "Financial Status": "partially_refunded", "Paid at": "2026-05-01 10:00:05 +0800", "Currency": "USD",
         "Total": "54.50", "Refunded Amount": "10.00", "Phone": "'+8613912340001", "Lineitem quantity": "2",
         "Lineitem name": "Mug", "Lineitem price": "20.00", "Lineitem sku": "MUG"},
        {**line, "Lineitem quantity": "1", "Lineitem name": "Spoon", "Lineitem price": "9.50", "Lineitem sku": "SPN"},
        {**line, "Name": "#1002", "Financial Status": "pending", "Currency": "USD", "Total": "5.00",
         "Lineitem quantity": "1", "Lineitem name": "Spoon", "Lineitem sku": "SPN"},
    ]  # fmt: skip
    events = desk.bring(sheet(tmp_path / "orders_export_1.csv", SHOPIFY, rows), "shopify_orders")
    assert revenue(events) == {"Order Completed": 5450, "Order Refunded": 1000, "Product Purchased": 0}
    order = next(event for event in events if event.name == "Order Completed")
    assert order.identifiers == (("email", "ann@example.com"), ("phone", "+8613912340001"))
    assert (order.currency, order.ts) == ("USD", int(datetime(2026, 5, 1, 2, 0, 5, tzinfo=UTC).timestamp() * 1000))
    items = json.loads(order.props["products"])
    assert [(one["sku"], one["quantity"]) for one in items] == [("MUG", "2"), ("SPN", "1")]
    assert order.quantity == 3.0
    lines = sorted((event.product_id, event.quantity) for event in events if event.name == "Product Purchased")
    assert lines == [("MUG", 2.0), ("SPN", 1.0)]
    assert {event.order_id for event in events} == {"#1001"}


def test_woocommerce_youzan_and_tills(desk: Desk, tmp_path: Path) -> None:
    woo: list[dict[str, object]] = [
        {"order_number": "51", "order_date": "2026-05-01 10:00:00", "status": "completed", "order_total": "20.00",
         "order_currency": "EUR", "billing_email": "a@example.com", "billing_phone": "+4915112345678"},
        {"order_number": "52", "order_date": "2026-05-01 10:00:00", "status": "refunded", "order_total": "7.00",
         "order_currency": "EUR", "billing_email": "a@example.com"},
        {"order_number": "53", "order_date": "2026-05-01 10:00:00", "status": "cancelled", "order_total": "9.00"},
    ]  # fmt: skip
    events = desk.bring(sheet(tmp_path / "woo.csv", WOO, woo), "woocommerce_orders")
    assert revenue(events) == {"Order Completed": 2700, "Order Refunded": 700}
    youzan: list[dict[str, object]] = [
        {"订单号": "E2026", "买家昵称": "花", "买家手机号": "13912340003", "买家付款时间": "2026-05-01 10:00:00",
         "订单实付金额": "88.80", "订单已退款金额": "0.00", "订单商品总件数": "3"},
    ]  # fmt: skip
    [event] = desk.bring(sheet(tmp_path / "youzan.csv", YOUZAN, youzan), "youzan_orders")
    assert (event.revenue_minor, event.quantity, event.identifiers) == (8880, 3.0, (("phone", "13912340003"),))
    till = {"交易时间": "2026-05-01 10:00:00", "会员卡号": "M1", "商品编码": "P1", "数量": "1", "门店": "一店"}
    pos: list[dict[str, object]] = [
        {**till, "小票号": "T1", "交易类型": "销售", "实收金额": "12.00"},
        {**till, "小票号": "T1", "交易类型": "退货", "实收金额": "12.00"},
    ]
    events = desk.bring(sheet(tmp_path / "pos.csv", POS, pos, encoding="gb18030"), "pos_sales")
    assert revenue(events) == {"Order Completed": 1200, "Order Refunded": 1200}


def test_every_ready_mapping_is_a_document_that_survives_its_round_trip() -> None:
    assert len(ready_mappings()) >= 8
    for key, document in ready_mappings().items():
        mapping = parse_mapping(document)
        assert mapping.key == key
        assert mapping.name_zh
        assert parse_mapping(mapping_document(mapping)) == mapping


def test_a_ready_mapping_is_stored_when_it_is_first_used(records: Records, clock: FixedClock) -> None:
    with records.begin() as conn:
        assert find_definition(conn, "mapping", "jd_orders") is None
        assert adopt(conn, "jd-orders", now=clock.now()) == "jd_orders"
        assert adopt(conn, "jd_orders", now=clock.now()) == "jd_orders"
        assert get_definition(conn, "mapping", "jd_orders").version == 1
        assert adopt(conn, "nothing-like-it", now=clock.now()) == "nothing-like-it"
