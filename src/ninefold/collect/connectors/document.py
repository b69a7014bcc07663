"""The connector document (``kind: connector``) as plain data, into a :class:`Connector`.

Pure. A wrong document is refused with the path of the field, what was got and what is allowed. Secrets are named, never
written: a password in an address or a bare text where a secret belongs is refused.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ninefold.base import HEADER_FIELDS, Fields, invalid, zone_of

from .rules import seconds_of, valid_cron
from .settings import (
    Auth,
    AuthKind,
    Backoff,
    Connector,
    FileDrop,
    HookKind,
    MqttSource,
    OnError,
    Paging,
    PagingKind,
    RestSource,
    Schedule,
    Secret,
    Settings,
    SqlSource,
    Webhook,
)

TYPES = ("files", "s3", "sql", "rest", "webhook", "mqtt")
_TOP = (*HEADER_FIELDS, "type", "mapping", "schedule", "retry", *TYPES)
_FILE_FIELDS = ("glob", "stable", "marker", "on_error")
_SECRETIVE = re.compile(r"authorization|token|secret|password|api-?key|cookie", re.IGNORECASE)


def parse_connector(document: object) -> Connector:
    """Read a ``kind: connector`` document.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed; ``secret_in_document`` for a written secret.
    """
    fields = Fields(document, allowed=_TOP)
    header = fields.header("connector")
    kind = fields.choice("type", TYPES)
    for other in TYPES:
        if other != kind and fields.has(other):
            raise fields.wrong(other, f"only {kind}, the connector's type")
    return Connector(
        header=header,
        mapping=fields.text("mapping", allowed="the key of a mapping document").replace("-", "_"),
        schedule=_schedule(fields),
        backoff=_backoff(fields),
        settings=_settings(kind, fields),
    )


def _settings(kind: str, fields: Fields) -> Settings:
    match kind:
        case "files":
            return _files(fields.section("files", ("folder", *_FILE_FIELDS)))
        case "s3":
            names = ("bucket", "endpoint", "region", "access_key", "secret_key", *_FILE_FIELDS)
            return _files(fields.section("s3", names))
        case "sql":
            return _sql(fields)
        case "rest":
            return _rest(fields)
        case "webhook":
            return _webhook(fields)
        case _:
            return _mqtt(fields)


def _seconds(fields: Fields, name: str, default: float, *, low: float = 0.0, high: float = 31_536_000.0) -> float:
    if not fields.has(name):
        return default
    seconds = seconds_of(fields.raw(name))
    if seconds is None or not low <= seconds <= high:
        raise fields.wrong(name, f"a span such as 30s, 5m, 1h or 2d, from {low:g} s to {high / 86_400:g} days")
    return seconds


def _schedule(fields: Fields) -> Schedule:
    if not fields.has("schedule"):
        return Schedule()
    if fields.raw("schedule") == "by_hand":
        return Schedule(every=0.0)
    parts = fields.section("schedule", ("every", "cron", "zone"))
    if parts.has("every") == parts.has("cron"):
        raise fields.wrong("schedule", "by_hand, {every: 5m} or {cron: '0 * * * *'}")
    zone = parts.text("zone", "UTC")
    zone_of(zone)
    if parts.has("cron"):
        cron = parts.text("cron")
        if not valid_cron(cron):
            raise parts.wrong("cron", "five fields: minute, hour, day, month, day of week")
        return Schedule(every=0.0, cron=cron, zone=zone)
    return Schedule(every=_seconds(parts, "every", 300.0, low=0.1), zone=zone)


def _backoff(fields: Fields) -> Backoff:
    if not fields.has("retry"):
        return Backoff()
    parts = fields.section("retry", ("first", "longest"))
    first = _seconds(parts, "first", Backoff().first, low=0.01)
    return Backoff(first=first, longest=_seconds(parts, "longest", max(first, Backoff().longest), low=first))


def _secret(fields: Fields, name: str) -> Secret | None:
    if not fields.has(name):
        return None
    if not isinstance(fields.raw(name), dict):
        raise invalid(
            "secret_in_document",
            "a secret is named here, never written",
            field=fields.at(name),
            allowed="{env: NAME} or {file: /path}",
            hint="documents are versioned and shown to everybody",
        )
    parts = fields.section(name, ("env", "file"))
    secret = Secret(env=parts.text("env", ""), file=parts.text("file", ""))
    if bool(secret.env) == bool(secret.file):
        raise fields.wrong(name, "{env: NAME} or {file: /path}")
    return secret


def _needed(fields: Fields, name: str) -> Secret:
    secret = _secret(fields, name)
    if secret is None:
        raise fields.wrong(name, "{env: NAME} or {file: /path}")
    return secret


def _list(fields: Fields, name: str, *, needed: bool = False) -> tuple[str, ...]:
    value = fields.raw(name)
    if isinstance(value, str) and value:
        return (value,)
    if value is None and not needed:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise fields.wrong(name, "a text or a list of texts")
    return tuple(value)


def _pairs(fields: Fields, name: str) -> tuple[tuple[str, str], ...]:
    value = fields.raw(name)
    if value is None:
        return ()
    if not isinstance(value, dict) or not all(
        isinstance(k, str) and isinstance(v, str | int) for k, v in value.items()
    ):
        raise fields.wrong(name, "an object of texts")
    for key in value:
        if _SECRETIVE.search(key):
            raise invalid(
                "secret_in_document",
                "this looks like a secret, which is named, never written",
                field=fields.at(f"{name}.{key}"),
                allowed="auth: {kind: header, header: NAME, secret: {env: NAME}}",
            )
    return tuple((key, str(one)) for key, one in sorted(value.items()))


def _files(fields: Fields) -> FileDrop:
    local = fields.path == "files"
    if local and not fields.text("folder").startswith("/"):
        raise fields.wrong("folder", "an absolute path")
    endpoint = "" if local else fields.text("endpoint", "")
    if endpoint and urlsplit(endpoint).scheme not in {"http", "https"}:
        raise fields.wrong("endpoint", "http://host:port or https://host")
    return FileDrop(
        folder=fields.text("folder") if local else "",
        bucket="" if local else fields.text("bucket").strip("/"),
        endpoint=endpoint,
        region="" if local else fields.text("region", ""),
        access_key=None if local else _secret(fields, "access_key"),
        secret_key=None if local else _secret(fields, "secret_key"),
        glob=_list(fields, "glob") or FileDrop().glob,
        stable_seconds=_seconds(fields, "stable", FileDrop().stable_seconds, high=86_400),
        marker=fields.text("marker", ""),
        on_error=OnError(fields.choice("on_error", [one.value for one in OnError], OnError.SET_ASIDE)),
    )


def _sql(outer: Fields) -> SqlSource:
    names = ("url", "password", "table", "query", "cursor", "key", "overlap", "chunk_rows")
    fields = outer.section("sql", names)
    url_secret = _secret(fields, "url") if isinstance(fields.raw("url"), dict) else None
    url = "" if url_secret else fields.text("url", allowed="a SQLAlchemy address without a password, or {env: NAME}")
    if url:
        try:
            written = make_url(url).password
        except ArgumentError as exc:
            raise fields.wrong("url", "dialect://user@host/database") from exc
        if written:
            raise invalid(
                "secret_in_document",
                "the address holds a password, which is named, never written",
                field=fields.at("url"),
                allowed="the address without it, and password: {env: NAME}",
            )
    if fields.has("table") == fields.has("query"):
        raise fields.wrong("table", "either table or query")
    query = fields.long_text("query").strip().rstrip(";")
    if query and not re.match(r"(?is)(select|with)\b", query):
        raise fields.wrong("query", "a SELECT")
    key = _list(fields, "key")
    cursor = fields.text("cursor", "")
    overlap = _seconds(fields, "overlap", 0.0)
    if overlap and not cursor:
        raise fields.wrong("overlap", "a cursor column to set back")
    return SqlSource(
        url=url,
        url_secret=url_secret,
        password=_secret(fields, "password"),
        table=fields.text("table", ""),
        query=query,
        cursor=cursor,
        key=key,
        overlap_seconds=overlap,
        chunk_rows=fields.integer("chunk_rows", SqlSource().chunk_rows, low=1, high=50_000),
    )


def _rest(outer: Fields) -> RestSource:
    names = (
        *("url", "headers", "params", "auth", "records", "each", "id", "paging", "since", "per_second", "timeout"),
    )
    fields = outer.section("rest", names)
    url = _address(fields, "url")
    since = fields.section("since", ("param", "path", "start", "until", "overlap")) if fields.has("since") else None
    return RestSource(
        url=url,
        headers=_pairs(fields, "headers"),
        params=_pairs(fields, "params"),
        auth=_auth(fields),
        records=fields.text("records", ""),
        each=fields.text("each", ""),
        id=_list(fields, "id"),
        paging=_paging(fields),
        since=since.text("param") if since else "",
        since_path=since.text("path") if since else "",
        since_start=since.text("start", "") if since else "",
        until=since.text("until", "") if since else "",
        overlap_seconds=_seconds(since, "overlap", 0.0) if since else 0.0,
        per_second=fields.number("per_second", 0.0, low=0.0, high=10_000.0),
        timeout_seconds=_seconds(fields, "timeout", 30.0, low=0.05, high=600.0),
    )


def _address(fields: Fields, name: str) -> str:
    text = fields.text(name, allowed="http or https address")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise fields.wrong(name, "http or https address")
    if parts.password or parts.username:
        raise invalid(
            "secret_in_document", "the address holds a login, which is named, never written", field=fields.at(name),
            allowed="auth: {kind: basic, user: NAME, secret: {env: NAME}}",
        )  # fmt: skip
    return text


def _auth(outer: Fields) -> Auth:
    if not outer.has("auth"):
        return Auth()
    fields = outer.section("auth", ("kind", "user", "header", "secret", "token_url", "scope"))
    kind = AuthKind(fields.choice("kind", [one.value for one in AuthKind]))
    if kind is AuthKind.NONE:
        return Auth()
    return Auth(
        kind=kind,
        user=fields.text("user") if kind in {AuthKind.BASIC, AuthKind.OAUTH2} else "",
        header=fields.text("header") if kind is AuthKind.HEADER else "",
        secret=_needed(fields, "secret"),
        token_url=_address(fields, "token_url") if kind is AuthKind.OAUTH2 else "",
        scope=fields.text("scope", ""),
    )


_PARAMS = {PagingKind.PAGE: "page", PagingKind.OFFSET: "offset", PagingKind.CURSOR: "cursor"}


def _paging(outer: Fields) -> Paging:
    if not outer.has("paging"):
        return Paging()
    fields = outer.section("paging", ("kind", "param", "size_param", "size", "start", "path"))
    kind = PagingKind(fields.choice("kind", [one.value for one in PagingKind]))
    by_path = kind in {PagingKind.CURSOR, PagingKind.NEXT_URL}
    return Paging(
        kind=kind,
        param=fields.text("param", _PARAMS.get(kind, "")),
        size_param=fields.text("size_param", ""),
        size=fields.integer("size", 100, low=1, high=100_000),
        start=fields.integer("start", 1 if kind is PagingKind.PAGE else 0, low=0, high=1_000_000_000),
        path=fields.text("path", allowed="where the token or address stands in the answer") if by_path else "",
    )


def _webhook(outer: Fields) -> Webhook:
    names = (
        *("vendor", "secret", "aes_key", "app_id", "header", "prefix", "algorithm", "encoding", "timestamp_header"),
        *("tolerance", "id_header", "records", "each"),
    )
    fields = outer.section("webhook", names)
    kind = HookKind(fields.choice("vendor", [one.value for one in HookKind]))
    if kind is HookKind.WECOM and not fields.has("aes_key"):
        raise fields.wrong("aes_key", "{env: NAME}: WeCom always encrypts")
    return Webhook(
        kind=kind,
        secret=_needed(fields, "secret"),
        aes_key=_secret(fields, "aes_key"),
        app_id=fields.text("app_id", ""),
        header=fields.text("header", "x-signature").lower(),
        prefix=fields.text("prefix", ""),
        algorithm=fields.choice("algorithm", ("sha256", "sha512", "sha1"), "sha256"),
        encoding=fields.choice("encoding", ("hex", "base64"), "hex"),
        timestamp_header=fields.text("timestamp_header", "").lower(),
        tolerance_seconds=_seconds(fields, "tolerance", 300.0, low=1.0, high=86_400.0),
        id_header=fields.text("id_header", "").lower(),
        records=fields.text("records", ""),
        each=fields.text("each", ""),
    )


def _mqtt(outer: Fields) -> MqttSource:
    names = ("host", "port", "topics", "client_id", "user", "password", "tls", "ca_file", "keepalive", "each")
    fields = outer.section("mqtt", names)
    tls = fields.flag("tls", default=False)
    topics = _list(fields, "topics", needed=True)
    for topic in topics:
        _check_topic(fields, topic)
    return MqttSource(
        host=fields.text("host"),
        port=fields.integer("port", 8883 if tls else 1883, low=1, high=65_535),
        topics=topics,
        client_id=fields.text("client_id", ""),
        user=fields.text("user", ""),
        password=_secret(fields, "password"),
        tls=tls,
        ca_file=fields.text("ca_file", ""),
        keepalive=int(_seconds(fields, "keepalive", 60.0, low=1.0, high=3_600.0)),
        each=fields.text("each", ""),
    )


def _check_topic(fields: Fields, topic: str) -> None:
    """A topic filter by MQTT 5.0, 4.7.1: ``#`` only as the last level, ``+`` only as a whole level."""
    levels: Sequence[str] = topic.split("/")
    wrong = any("#" in level and (level != "#" or i < len(levels) - 1) for i, level in enumerate(levels))
    if wrong or any("+" in level and level != "+" for level in levels):
        raise fields.wrong("topics", "topic filters such as scales/+/readings or devices/#")
