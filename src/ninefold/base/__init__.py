"""What every package needs and nothing of ours below it: errors, time, money, keys, text, memory."""

from .errors import OUTSIDE, Error, Kind, Outside, conflict, did_you_mean, invalid, missing, refused, unavailable
from .fields import HEADER_FIELDS, DocumentHeader, Fields
from .keys import BUCKETS, bucket, stable_key, stable_uuid
from .memory import cycle_search_paused, pass_over_present
from .money import MINOR_DIGITS, adjustment_of, format_money, minor_digits, minor_units, money_events
from .pauses import doubled, jittered
from .posting import retry_after, secret_bytes, sign_post
from .telemetry import gauge, span
from .texts import clean_text
from .times import Clock, FixedClock, SystemClock, business_day, from_ms, mirrored_ms, parse_time, to_ms, zone_of

__all__ = [
    "BUCKETS", "HEADER_FIELDS", "MINOR_DIGITS", "OUTSIDE", "Clock", "DocumentHeader", "Error", "Fields", "FixedClock",
    "Kind", "Outside", "SystemClock", "adjustment_of", "bucket", "business_day", "clean_text", "conflict",
    "cycle_search_paused", "did_you_mean", "doubled", "format_money", "from_ms", "gauge", "invalid", "jittered",
    "minor_digits", "minor_units", "mirrored_ms", "missing", "money_events", "parse_time", "pass_over_present",
    "refused", "retry_after", "secret_bytes", "sign_post", "span", "stable_key", "stable_uuid", "to_ms",
    "unavailable", "zone_of",
]
