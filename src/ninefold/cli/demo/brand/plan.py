"""What the generated brand is like: its size, its history, its shares of trouble, the effect of its campaign.

Pure values. Times are milliseconds since 1970 UTC; money is minor units.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from ninefold.base import to_ms

DAY = 86_400_000
ZONE = "Asia/Shanghai"
CURRENCY = "CNY"
ORDER = "Order Completed"
BODY = "Body Measured"

CITIES = (
    ("Shanghai", "上海", 0.18),
    ("Beijing", "北京", 0.15),
    ("Guangzhou", "广州", 0.12),
    ("Shenzhen", "深圳", 0.11),
    ("Hangzhou", "杭州", 0.10),
    ("Chengdu", "成都", 0.09),
    ("Wuhan", "武汉", 0.08),
    ("Qingdao", "青岛", 0.07),
    ("Xi'an", "西安", 0.06),
    ("Harbin", "哈尔滨", 0.04),
)

PRODUCTS = ("冰箱", "洗衣机", "空调", "电饭煲", "净水器", "体脂秤", "吹风机", "扫地机器人", "空气炸锅", "热水器")
MODELS = 20  # per product

BODY_INDICATORS = (
    ("weight_kg", 65.0, 12.0),
    ("bmi", 23.5, 3.5),
    ("body_fat_pct", 24.0, 6.0),
    ("muscle_kg", 46.0, 8.0),
    ("water_pct", 54.0, 5.0),
    ("bone_kg", 2.7, 0.4),
    ("protein_pct", 17.0, 1.5),
    ("visceral_fat", 8.0, 3.0),
    ("basal_kcal", 1420.0, 180.0),
    ("body_age", 35.0, 10.0),
    ("subcutaneous_fat_pct", 18.0, 5.0),
    ("heart_rate", 72.0, 9.0),
)
"""Twelve indicators: name, mean, standard deviation."""


class Kind(IntEnum):
    """An identifier a person has; the bit of the same number stands for it in masks."""

    PHONE = 0
    PHONE_NEW = 1  # of one whose old number was given to somebody else
    PHONE_TYPO = 2  # what the cashier typed instead
    EMAIL = 3
    EMAIL_TYPO = 4
    USER = 5
    ANONYMOUS = 6
    DEVICE = 7
    OPENID = 8
    UNIONID = 9
    MEMBER = 10
    TAOBAO = 11
    JD = 12
    SCALE = 13
    FAMILY_DEVICE = 14  # one tablet for a family
    FAMILY_BROWSER = 15
    FAMILY_SCALE = 16


NAMESPACES = {
    Kind.PHONE: "phone",
    Kind.PHONE_NEW: "phone",
    Kind.PHONE_TYPO: "phone",
    Kind.EMAIL: "email",
    Kind.EMAIL_TYPO: "email",
    Kind.USER: "user_id",
    Kind.ANONYMOUS: "anonymous_id",
    Kind.DEVICE: "device_id",
    Kind.OPENID: "openid",
    Kind.UNIONID: "unionid",
    Kind.MEMBER: "member_no",
    Kind.TAOBAO: "taobao_id",
    Kind.JD: "jd_id",
    Kind.SCALE: "device_id",
    Kind.FAMILY_DEVICE: "device_id",
    Kind.FAMILY_BROWSER: "anonymous_id",
    Kind.FAMILY_SCALE: "device_id",
}
SHARED = (Kind.FAMILY_DEVICE, Kind.FAMILY_BROWSER, Kind.FAMILY_SCALE)
"""Identifiers of several people at once; they are no evidence of who somebody is."""


class Channel(IntEnum):
    """Where people buy."""

    TAOBAO = 0
    JD = 1
    POS = 2
    MINI = 3
    APP = 4
    WEB = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandPlan:
    """A brand to generate. The same plan gives the same brand.

    Attributes:
        people: how many.
        seed: of all randomness.
        end: the history ends here; nothing is later.
        days: length of the history.
        block: people generated together; memory grows with it, not with ``people``.
        baseline: share of people without a message who order within ``response_days`` of the campaign.
        uplift: what the message adds to that share.
        response_days: time after the campaign in which people respond.
    """

    people: int = 20_000
    seed: int = 9
    end: datetime = datetime(2026, 6, 1, tzinfo=UTC)
    days: int = 90
    block: int = 20_000
    baseline: float = 0.08
    uplift: float = 0.06
    response_days: int = 7

    @property
    def end_ms(self) -> int:
        """End of the history."""
        return to_ms(self.end)

    @property
    def start_ms(self) -> int:
        """Start of the history."""
        return self.end_ms - self.days * DAY

    @property
    def recent_ms(self) -> int:
        """Thirty days before the end: who has not bought since is dormant."""
        return self.end_ms - 30 * DAY
