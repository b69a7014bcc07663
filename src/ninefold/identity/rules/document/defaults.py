"""The default rules of identity, as a document. What an operator's document leaves out is as here."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from ninefold.identity.ruleset import Normaliser

KIND: Final = "identity-rules"

# Among them the ids that PostHog refuses to merge, and what programs print where a value is missing.
_NOBODY = (
    "-1", "anonymous", "anonymous_id", "anonymousid", "anon", "device_id", "distinct_id", "distinctid", "email",
    "false", "guest", "id", "invalid", "n/a", "na", "nan", "nil", "no", "none", "not set", "not_authenticated",
    "null", "object", "phone", "test@test.com", "true", "undefined", "unknown", "user_id", "userid", "void",
    "(null)", "(none)", "(not set)", "<null>", "<nil>", "[object object]", "\\n", "无", "空", "未知", "匿名", "游客",
)  # fmt: skip
_QUOTED = (
    r"(?:null|none|undefined|nan|anonymous|guest|unknown|0|distinctid|distinct_id|id|not_authenticated|email|true|"
    r"false|\[object object\])"
)
_NOBODY_PATTERNS = (r"[0-]*", r"[-._*?]+", rf"""["'`]\s*{_QUOTED}?\s*["'`]""")

_PHONES = ("+8613800138000", "12345678901")
_ONE_DIGIT = "|".join(f"{digit}{{10,}}" for digit in range(10))
_PHONE_PATTERNS = (rf"\+?(?:86)?(?:{_ONE_DIGIT})", r"\+861[3-9][0-9]0{8}")
_EMAILS = ("a@a.com", "a@b.com", "email@email.com", "none@none.com", "null@null.com", "test@example.com", "x@x.com")
_EMAIL_PATTERNS = (r"(?:no-?reply|do-?not-?reply|no-?e?mail|none|null|undefined|unknown|anonymous)@.*",)
_DEVICES = ("02:00:00:00:00:00", "9774d56d682e549c", "unknown_device", "emulator", "android_id", "idfa")
# An advertising id of zeros (people said no to tracking), whole or cut off, and one that old telephones shared.
_ZEROS = (r"[0-]+", r"(?:0{8}-0{4}-0{4}-0{4}-0{1,12})", r"0{14}[0-9]", r"(?:f{8}-f{4}-f{4}-f{4}-f{12}|f{32})")

_NO_HASH: Mapping[str, object] = {"accept": [], "store": "clear"}
_ANY_HASH: Mapping[str, object] = {"accept": ["md5", "sha256", "sm3"], "store": "clear"}
_NEVER_CLEAR: Mapping[str, object] = {"accept": ["sha256", "sm3"], "store": "sha256"}


def _namespace(
    priority: int, cap: int, strength: Literal["strong", "weak"], normaliser: Normaliser, *,
    blocked: tuple[Sequence[str], Sequence[str]] = ((), ()), **rest: object,
) -> dict[str, object]:  # fmt: skip
    return {
        "priority": priority,
        "cap": cap,
        "period": "ever",
        "strength": strength,
        "normaliser": normaliser.value,
        "storm_limit": 10 if strength == "strong" else 20,
        "velocity": {"per_hour": None, "per_day": None},
        "immutable": False,
        "parent": None,
        "takes_part": True,
        "shared": "first_owner",
        "ttl_days": None,
        "recycle_after_days": None,
        "hashing": _NO_HASH,
        "blocked": {"exact": list(blocked[0]), "patterns": list(blocked[1]), "learned": []},
        **rest,
    }


_MARKET = ("taobao_id", "jd_id", "douyin_id", "shopify_id", "woocommerce_id", "pos_id")

DEFAULT_DOCUMENT: Final[Mapping[str, object]] = {
    "kind": KIND,
    "region": "CN",
    "identifiers_per_event": 10,
    "blocked": {"exact": list(_NOBODY), "patterns": list(_NOBODY_PATTERNS), "learned": []},
    "salts": {},
    "breaker": {
        "merges_per_person": 100,
        "identifiers_per_person": 5000,
        "jump": 100,
        "learn_sources": 2,
        "learn_values": 5,
    },
    "namespaces": {
        "user_id": _namespace(1, 1, "strong", Normaliser.EXACT),
        "member_no": _namespace(2, 1, "strong", Normaliser.UPPER),
        "unionid": _namespace(3, 1, "strong", Normaliser.EXACT),
        "id_card": _namespace(3, 2, "strong", Normaliser.ID_CARD, hashing=_NEVER_CLEAR),
        "phone": _namespace(4, 3, "strong", Normaliser.PHONE, blocked=(_PHONES, _PHONE_PATTERNS), hashing=_ANY_HASH),
        "email": _namespace(5, 5, "strong", Normaliser.EMAIL, blocked=(_EMAILS, _EMAIL_PATTERNS), hashing=_ANY_HASH),
        "openid": _namespace(6, 5, "strong", Normaliser.EXACT),
        **{name: _namespace(7, 3, "strong", Normaliser.EXACT) for name in _MARKET},
        "household_id": _namespace(8, 1, "strong", Normaliser.EXACT),
        **{
            name: _namespace(18, 10, "weak", Normaliser.DEVICE, blocked=(_DEVICES, _ZEROS), hashing=_ANY_HASH)
            for name in ("idfa", "gaid", "oaid")
        },
        "imei": _namespace(18, 10, "weak", Normaliser.IMEI, blocked=((), _ZEROS), hashing=_ANY_HASH),
        "device_id": _namespace(20, 50, "weak", Normaliser.DEVICE, blocked=(_DEVICES, _ZEROS)),
        "anonymous_id": _namespace(21, 1000, "weak", Normaliser.EXACT),
        # Whoever lives together: shown and searched, but no reason to take two people for one.
        "household": _namespace(30, 5, "weak", Normaliser.EXACT, takes_part=False),
    },
    # A kind nobody described: below all known strong ones, and weak, so that it never joins two known people.
    "custom": _namespace(15, 5, "weak", Normaliser.EXACT),
}
