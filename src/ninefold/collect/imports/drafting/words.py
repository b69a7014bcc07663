"""What column headers usually mean, in English and Chinese: the vocabulary of :func:`guess`.

Pure data. Patterns are tried in order against the header in lower case without spaces, underscores and brackets; the
first that matches decides. More special words stand before more general ones.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """The part of an event that a column may fill."""

    IDENTIFIER = "identifier"
    EVENT = "event"
    TIME = "time"
    AMOUNT = "amount"
    CURRENCY = "currency"
    ORDER = "order_id"
    PRODUCT = "product_id"
    SESSION = "session_id"
    CAMPAIGN = "campaign_id"
    QUANTITY = "quantity"
    TRAIT = "trait"
    PROPERTY = "property"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a header means: the part, and the namespace, trait or property name within it."""

    part: Part
    name: str = ""


def _of(part: Part, name: str, *patterns: str) -> tuple[Meaning, re.Pattern[str]]:
    return Meaning(part=part, name=name), re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_I, _T, _P = Part.IDENTIFIER, Part.TRAIT, Part.PROPERTY

VOCABULARY: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    _of(_I, "unionid", "union-?id"),
    _of(_I, "openid", "open-?id"),
    _of(_I, "phone", "手机", "^(联系)?电话(号码)?$", "联系方式", "mobile", "phone", "^tel", "cellnumber"),
    _of(_I, "email", "邮箱", "电子邮件", "^e-?mail", "e-?mail(address)?$"),
    _of(
        _I,
        "taobao_id",
        "旺旺",
        "买家会员名",
        "买家昵称",
        "买家账号",
        "淘宝(id|账号|昵称)",
        "天猫(id|账号)",
        "buyernick",
        "taobao",
    ),
    _of(_I, "jd_id", "京东(id|账号|帐号|pin)", "^下单[账帐]号", "^jd(id|pin)"),
    _of(_I, "douyin_id", "抖音(id|号|账号)", "douyin"),
    _of(_I, "anonymous_id", "匿名id", "anonymousid", "visitorid", "cookieid"),
    _of(_I, "device_id", "设备(号|id|编号)", "deviceid", "^imei$", "^idfa$", "^oaid$", "serial(no|number)"),
    _of(
        _I, "member_no", "会员(卡)?(号|编号|编码)", "^卡号", "member(ship)?(no|number|id|code)", "loyalty(no|number|id)"
    ),
    _of(_I, "household_id", "householdid"),
    _of(
        _I,
        "user_id",
        "(用户|客户|顾客)(id|编号|编码|号)",
        "^会员id",
        "^(user|customer|client|person|account)(id|no|number|key)$",
        "^uid$",
    ),
    _of(
        Part.ORDER,
        "",
        "(主)?订单(编号|号|id)",
        "^单号",
        "小票号",
        "交易(号|单号|流水)",
        "order(id|no|number|key|sn)",
        "^order$",
        "basketid",
        "transactionid",
        "receipt(id|no|number)",
        "invoice(id|no|number)",
    ),
    _of(
        Part.PRODUCT,
        "",
        "(商品|货品|产品|宝贝)(id|编号|编码|代码)",
        "货号",
        "商家编码",
        "^sku",
        "(product|item|goods|article)(id|no|code|sku)$",
        "^asin$",
        "^upc$",
        "^ean$",
        "barcode",
        "条码",
    ),
    _of(Part.QUANTITY, "", "数量$", "件数", "^quantity", "^qty", "^pieces$", "^units$"),
    _of(Part.CURRENCY, "", "币种", "货币", "^currency"),
    _of(
        Part.AMOUNT,
        "",
        "实付",
        "实际支付",
        "实收",
        "支付金额",
        "付款金额",
        "成交金额",
        "^(订单|交易|消费|销售)?(总)?(金额|额)$",
        "应付(金|款|总)",
        "^(total|order|paid|sales|net|gross)?(amount|total|revenue|value|price|sales)$",
        "amountpaid",
    ),
    _of(
        Part.TIME,
        "",
        "下单(时间|日期)",
        "(付款|支付|成交|交易|消费|购买)(时间|日期)",
        "订单(创建|付款|提交)?(时间|日期)",
        "^(创建|发生|事件|提交)?(时间|日期)$",
        "^(order|paid|purchase|transaction|created?|event|sale)?(time|date|datetime|at|on|timestamp)$",
        "^(occurred|happened)(at|on)$",
        "timestamp",
    ),
    _of(Part.SESSION, "", "会话(id|号)", "session(id)?$"),
    _of(Part.CAMPAIGN, "", "活动(id|编号|编码|名称)", "campaign(id|name|key)?$", "utmcampaign"),
    _of(Part.EVENT, "", "^事件(名称|类型)?$", "^行为(类型)?$", "^(event|action|activity)(name|type)?$"),
    _of(_T, "birthday", "生日", "出生(日期|年月)", "birthda(y|te)", "dateofbirth", "^dob$"),
    _of(_T, "gender", "性别", "^gender$", "^sex$"),
    _of(_T, "age", "^年龄", "^age(group)?$"),
    _of(_T, "name", "^(会员|客户|顾客|用户|收货人|买家)?(姓名|名称)$", "^收货人$", "^(full|customer|user)?name$"),
    _of(_T, "first_name", "^first-?name$", "^given-?name$"),
    _of(_T, "last_name", "^last-?name$", "^surname$", "^family-?name$"),
    _of(_T, "nickname", "昵称$", "^nick-?name$"),
    _of(_T, "province", "省份?$", "^(收货)?省", "^(province|state|region)$"),
    _of(_T, "city", "城市", "^(收货|所在)?市$", "^city$", "townorcity"),
    _of(_T, "address", "地址", "^address"),
    _of(_T, "postcode", "邮编", "邮政编码", "^(zip|postal|post)-?code", "^zip$"),
    _of(_T, "country", "国家", "^country"),
    _of(_T, "level", "(会员)?(等级|级别)", "^(member)?(tier|level)$"),
    _of(_T, "registered_at", "(注册|入会|开卡)(时间|日期)", "^(registered|signup|joined)(at|on|date)?$"),
    _of(_P, "product_name", "(商品|货品|产品|宝贝)(名称|标题|名)?$", "^(product|item)(name|title)$"),
    _of(_P, "category", "类目", "品类", "分类", "category", "department"),
    _of(_P, "brand", "品牌", "^brand"),
    _of(_P, "store", "门店", "店铺", "^(store|shop|branch)"),
    _of(_P, "discount", "优惠", "折扣", "discount"),
    _of(_P, "shipping", "运费", "邮费", "^(shipping|freight)"),
    _of(_P, "coupon", "券", "coupon", "voucher"),
    _of(_P, "payment_method", "(支付|付款)(方式|渠道)", "payment(method|type)"),
    _of(_P, "status", "(订单|交易|物流)?状态$", "status$"),
    _of(_P, "remark", "备注", "留言", "^(remark|note|comment)s?$"),
)

CLOSED_STATES = ("交易关闭", "已关闭", "已取消", "取消", "退款成功", "cancelled", "canceled", "closed", "refunded")


def meaning_of(header: str) -> Meaning | None:
    """What a header means, or nothing.

    >>> meaning_of("买家 手机号").name, meaning_of("Order_ID").part.value
    ('phone', 'order_id')
    """
    plain = re.sub(r"[\s_()\[\]（）【】:：.]+|#\d+$", "", header.lower())
    return next((meaning for meaning, pattern in VOCABULARY if pattern.search(plain)), None)
