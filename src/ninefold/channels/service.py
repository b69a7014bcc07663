"""Channel documents: read them, and open what they describe.

Secrets never stand in a document; it names the environment variable that holds them.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit

from sqlalchemy.engine import Connection

from ninefold.base import HEADER_FIELDS, DocumentHeader, Fields, invalid, unavailable
from ninefold.store import get_definition

from .model import Channel, InDoubt, JsonValue, Template
from .outbox import Outbox, OutboxSettings
from .smtp import Smtp, SmtpSettings
from .webhook import Webhook, WebhookSettings

_FIELDS = {
    "smtp": (
        "host",
        "port",
        "security",
        "user",
        "password_env",
        "sender",
        "reply_to",
        "headers",
        "connections",
        "timeout_seconds",
        "verify",
    ),
    "webhook": ("url", "address", "secret_env", "token_env", "connections", "timeout_seconds"),
    "outbox": ("address", "folder"),
}
_SECRETS = {"password": "password_env", "secret": "secret_env", "token": "token_env"}
_OWN_HEADERS = frozenset(
    {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "reply-to",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    }
)
SECTION_FIELDS = ("subject", "body", "format", "json")
"""Fields of a template section."""

ChannelSettings = SmtpSettings | WebhookSettings | OutboxSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDocument:
    """A channel as an operator describes it.

    Attributes:
        header: key, names, owner, purpose.
        settings: of its adapter.
        in_doubt: what to do with a message of unknown fate.
    """

    header: DocumentHeader
    settings: ChannelSettings
    in_doubt: InDoubt


def parse_channel(document: object) -> ChannelDocument:
    """Read a ``kind: channel`` document.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    for secret, instead in _SECRETS.items():
        if isinstance(document, Mapping) and secret in document:
            raise invalid(
                "secret_in_document",
                "a secret may not stand in a document",
                field=secret,
                got="(hidden)",
                allowed=f"{instead}: NAME_OF_AN_ENVIRONMENT_VARIABLE",
            )
    kind = document.get("type") if isinstance(document, Mapping) else None
    own = _FIELDS.get(kind, ()) if isinstance(kind, str) else ()
    fields = Fields(document, allowed=(*HEADER_FIELDS, "type", "in_doubt", *(own or sum(_FIELDS.values(), ()))))
    header = fields.header("channel")
    settings: ChannelSettings
    match fields.choice("type", tuple(_FIELDS)):
        case "smtp":
            settings, doubt = _smtp(fields), InDoubt.HOLD
        case "webhook":
            settings, doubt = _webhook(fields), InDoubt.RESEND
        case _:
            settings, doubt = _outbox(fields), InDoubt.RESEND
    in_doubt = InDoubt(fields.choice("in_doubt", [word.value for word in InDoubt], doubt.value))
    return ChannelDocument(header=header, settings=settings, in_doubt=in_doubt)


def open_channel(document: ChannelDocument, *, environ: Mapping[str, str], folder: Path) -> Channel:
    """The adapter that a document describes; connections are opened when first needed.

    Args:
        document: the channel.
        environ: where secrets are read from.
        folder: the installation's outbox folder.

    Raises:
        Error: unavailable ``secret_missing`` when a named environment variable is not set.
    """
    key, settings, in_doubt = document.header.key, document.settings, document.in_doubt

    def secret(name: str) -> str:
        if name and not environ.get(name):
            raise unavailable(
                "secret_missing",
                f'channel "{key}" needs the environment variable {name}',
                hint=f"set {name} for the server process",
            )
        return environ.get(name, "") if name else ""

    match settings:
        case SmtpSettings():
            return Smtp(key, settings, password=secret(settings.password_env), in_doubt=in_doubt)
        case WebhookSettings():
            return Webhook(
                key, settings, secret=secret(settings.secret_env), token=secret(settings.token_env), in_doubt=in_doubt
            )
        case OutboxSettings():
            return Outbox(key, settings, folder=folder, in_doubt=in_doubt)
        case _:
            assert_never(settings)


class Channels:
    """The channels of an installation, opened when first used and kept open."""

    def __init__(self, *, environ: Mapping[str, str], folder: Path) -> None:
        """Args: where secrets are read from, and the outbox folder."""
        self._environ = environ
        self._folder = folder
        self._open: dict[str, tuple[int, Channel]] = {}
        self._guard = threading.Lock()

    def get(self, conn: Connection, key: str) -> Channel:
        """The channel of a key as it is defined now.

        Raises:
            Error: missing for an unknown channel; unavailable when a secret is not set or a folder not writable.
        """
        definition = get_definition(conn, "channel", key)
        with self._guard:
            version, channel = self._open.get(key, (0, None))
            if channel is None or version != definition.version:
                document = parse_channel(definition.document)
                fresh = open_channel(document, environ=self._environ, folder=self._folder)
                self._open[key] = (definition.version, fresh)
                if channel is not None:
                    channel.close()
                return fresh
            return channel

    def close(self) -> None:
        """Close all that were opened; doing it twice is harmless."""
        with self._guard:
            opened, self._open = self._open, {}
        for _, channel in opened.values():
            channel.close()


def parse_template(fields: Fields) -> Template:
    """Read a template section: ``subject`` and ``body`` (``format: text|html``), or ``json``."""
    if fields.raw("json") is not None:
        for other in ("subject", "body", "format"):
            if fields.has(other):
                raise invalid(
                    "two_templates",
                    "a template has either a body or json",
                    field=fields.at(other),
                    got=other,
                    allowed="json alone",
                )
        return Template(payload=_json(fields.raw("json"), fields.at("json")))
    return Template(
        subject=fields.text("subject", ""),
        body=fields.long_text("body"),
        html=fields.choice("format", ("text", "html"), "text") == "html",
    )


def _smtp(fields: Fields) -> SmtpSettings:
    sender = fields.text("sender")
    if "@" not in parseaddr(sender)[1]:
        raise fields.wrong("sender", "an address, e.g. Brand <news@brand.example>")
    security = fields.choice("security", ("starttls", "tls", "none"), "starttls")
    user, password_env = fields.text("user", ""), fields.text("password_env", "")
    if bool(user) != bool(password_env):
        raise fields.wrong("password_env" if user else "user", "user and password_env together, or neither")
    port = {"starttls": 587, "tls": 465, "none": 25}[security]
    return SmtpSettings(
        host=fields.text("host"),
        port=fields.integer("port", port, low=1, high=65535),
        security=security,
        user=user,
        password_env=password_env,
        sender=sender,
        reply_to=fields.text("reply_to", ""),
        headers=_headers(fields),
        connections=fields.integer("connections", 4, low=1, high=50),
        timeout_seconds=fields.number("timeout_seconds", 30.0, low=0.1, high=600),
        verify=fields.flag("verify", default=True),
    )


def _headers(fields: Fields) -> tuple[tuple[str, str], ...]:
    given = fields.raw("headers") or {}
    allowed = "names and texts of one line; not " + ", ".join(sorted(_OWN_HEADERS))
    if not isinstance(given, Mapping):
        raise fields.wrong("headers", allowed)
    for name, value in given.items():
        plain = isinstance(value, str) and value.isprintable() and isinstance(name, str)
        if not plain or not name.replace("-", "").isalnum() or name.lower() in _OWN_HEADERS:
            raise fields.wrong("headers", allowed)
    return tuple((str(name), str(value)) for name, value in given.items())


def _webhook(fields: Fields) -> WebhookSettings:
    url = fields.text("url")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise fields.wrong("url", "an http or https address")
    if parts.username or parts.password:
        raise invalid(
            "secret_in_document",
            "a secret may not stand in a document",
            field="url",
            got="(hidden)",
            allowed="token_env: NAME_OF_AN_ENVIRONMENT_VARIABLE",
        )
    return WebhookSettings(
        url=url,
        namespace=fields.text("address", "person"),
        secret_env=fields.text("secret_env", ""),
        token_env=fields.text("token_env", ""),
        connections=fields.integer("connections", 8, low=1, high=100),
        timeout_seconds=fields.number("timeout_seconds", 10.0, low=0.1, high=600),
    )


def _outbox(fields: Fields) -> OutboxSettings:
    folder = fields.text("folder", "")
    if folder and not folder.replace("-", "").replace("_", "").isalnum():
        raise fields.wrong("folder", "a folder name of letters, digits, - and _")
    return OutboxSettings(namespace=fields.text("address", "person"), folder=folder)


def _json(value: object, path: str) -> JsonValue:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_json(inner, f"{path}[{index}]") for index, inner in enumerate(value)]
        case Mapping() if all(isinstance(name, str) for name in value):
            return {str(name): _json(inner, f"{path}.{name}") for name, inner in value.items()}
        case _:
            raise invalid("bad_json", "this cannot be written as JSON", field=path, got=value, allowed="JSON values")
