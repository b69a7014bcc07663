"""Drafts of mappings: what headers and values say, in Chinese and English, and what a person is warned of."""

from pathlib import Path

import openpyxl
import pytest

from ninefold.collect.imports import Context, Guess, dry_run, guess, mapping_document, parse_mapping
from ninefold.collect.imports.drafting.words import Part, meaning_of

CONTEXT = Context(file_hash="0" * 32, received=1_780_000_000_000)


def drafted(path: Path, content: str, encoding: str = "utf-8") -> Guess:
    path.write_bytes(content.encode(encoding))
    found = guess(path)
    if found.mapping:
        assert parse_mapping(mapping_document(found.mapping)) == found.mapping
        dry_run(path, found.mapping, CONTEXT)  # a draft can always be tried
    return found


def document(found: Guess) -> dict[str, object]:
    assert found.mapping is not None
    return mapping_document(found.mapping)


def test_marketplace_export(tmp_path: Path) -> None:
    rows = "".join(f"tb{i},1380013{i:04d},9{i:04d},2026/3/{i + 1} 9:00,1{i}.5,2,茶,上海,交易成功\n" for i in range(20))
    head = "买家会员名,收货人手机,订单编号,下单时间,实付金额,购买数量,商品名称,收货城市,订单状态\n"
    found = drafted(tmp_path / "orders.csv", head + rows.replace("成功", "关闭", 1), "gb18030")
    assert document(found) == {
        "kind": "mapping",
        "key": "orders",
        "name": "orders",
        "source": "orders",
        "zone": "Asia/Shanghai",
        "file": {"format": "csv", "encoding": "gb18030", "delimiter": ","},
        "event": "Order Completed",
        "identifiers": [
            {"namespace": "taobao_id", "column": "买家会员名"},
            {"namespace": "phone", "column": "收货人手机"},
        ],
        "time": "下单时间",
        "amount": {"column": "实付金额", "currency": "CNY"},
        "quantity": "购买数量",
        "order_id": "订单编号",
        "properties": {"product_name": "商品名称", "status": "订单状态"},
        "traits": {"city": "收货城市"},
        "message_id": ["订单编号"],
    }
    assert any("交易关闭" in warning for warning in found.warnings)
    assert found.notes[1].taken_for == "identifier phone"
    assert found.notes[1].samples[0] == "13800130000"


def test_english_export_with_continental_numbers(tmp_path: Path) -> None:
    rows = "".join(f"C{i};a{i}@b.de;{i};{i + 1:02d}.03.2026 10:00;1.234,50\n" for i in range(20))
    found = document(drafted(tmp_path / "2026 sales.csv", "Customer ID;Email;Order No;Order Date;Total\n" + rows))
    assert found["key"] == "file_2026_sales"
    assert found["time"] == {"column": "Order Date", "format": "%d.%m.%Y %H:%M"}
    assert found["amount"] == {"column": "Total", "decimal": ","}


def test_order_lines_are_told_apart_by_order_and_product(tmp_path: Path) -> None:
    content = "phone,order_id,sku,qty,paid_at\n" + "".join(
        f"1380013800{i},{i // 2},{i},1,2026-01-01\n" for i in range(6)
    )
    assert document(drafted(tmp_path / "lines.csv", content))["message_id"] == ["order_id", "sku"]


def test_members_are_no_orders(tmp_path: Path) -> None:
    content = "会员卡号,生日,注册时间,消费金额\n" + "".join(
        f"{i:06d},1990-01-0{i + 1},2026-01-01 10:00:00,{i}.5\n" for i in range(5)
    )
    found = document(drafted(tmp_path / "会员.csv", content))
    assert "event" not in found
    assert "amount" not in found
    assert found["traits"] == {
        "birthday": {"column": "生日", "type": "date"},
        "registered_at": {"column": "注册时间", "type": "time"},
        "消费金额": {"column": "消费金额", "type": "number"},
    }


def test_values_speak_where_headers_do_not(tmp_path: Path) -> None:
    content = "kontakt,x\n" + "".join(f"a{i}@x.org,{i}\n" for i in range(5))
    found = document(drafted(tmp_path / "a.csv", content))
    assert found["identifiers"] == [{"namespace": "email", "column": "kontakt"}]
    assert found["properties"] == {"x": "x"}


def test_warnings(tmp_path: Path) -> None:
    content = "phone,mobile,order date\n138****8000,1.38E+10,1/2/2026\n139****8000,1.39E+10,3/4/2026\n"
    found = drafted(tmp_path / "a.csv", content)
    text = " ".join(found.warnings)
    for word in ("masked", "cut", "day-first"):
        assert word in text
    nobody = drafted(tmp_path / "b.csv", "a,b\n1,2\n")
    assert nobody.mapping is None
    assert "no column names a person" in nobody.warnings[0]


def test_title_above_the_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("数据", 0)
    sheet.append(["会员报表 2026"])
    sheet["A3"], sheet["B3"] = "手机号", "下单时间"
    sheet.append(["13800138000", "2026-01-01 10:00:00"])
    book.save(tmp_path / "a.xlsx")
    found = guess(tmp_path / "a.xlsx")
    assert found.mapping is not None
    assert found.mapping.file.header_row == 3


def test_an_empty_table(tmp_path: Path) -> None:
    found = drafted(tmp_path / "a.csv", "手机号,下单时间,实付金额\n")
    assert document(found)["identifiers"] == [{"namespace": "phone", "column": "手机号"}]


@pytest.mark.parametrize(
    ("header", "part", "name"),
    [
        ("手机号", Part.IDENTIFIER, "phone"),
        ("联系手机", Part.IDENTIFIER, "phone"),
        ("电子邮箱", Part.IDENTIFIER, "email"),
        ("E-mail Address", Part.IDENTIFIER, "email"),
        ("openid", Part.IDENTIFIER, "openid"),
        ("Union ID", Part.IDENTIFIER, "unionid"),
        ("下单帐号", Part.IDENTIFIER, "jd_id"),
        ("会员编号", Part.IDENTIFIER, "member_no"),
        ("user_id", Part.IDENTIFIER, "user_id"),
        ("household_id", Part.IDENTIFIER, "household_id"),
        ("订单号", Part.ORDER, ""),
        ("basket_id", Part.ORDER, ""),
        ("商品编号", Part.PRODUCT, ""),
        ("实付金额", Part.AMOUNT, ""),
        ("sales_value", Part.AMOUNT, ""),
        ("付款时间", Part.TIME, ""),
        ("transaction_timestamp", Part.TIME, ""),
        ("created_at", Part.TIME, ""),
        ("出生日期", Part.TRAIT, "birthday"),
        ("收货人", Part.TRAIT, "name"),
        ("门店", Part.PROPERTY, "store"),
    ],
)
def test_vocabulary(header: str, part: Part, name: str) -> None:
    meaning = meaning_of(header)
    assert meaning is not None
    assert (meaning.part, meaning.name) == (part, name)
