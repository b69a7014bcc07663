"""E-mail through an SMTP server: several connections, kept open between batches.

Every message carries a Message-ID made from its key. 4xx answers are tried again, 5xx answers about a recipient or
a message are final; trouble with the server or the log-in is never held against a message.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

import aiosmtplib

from .loop import Loop
from .model import Delivered, Doubtful, Failed, InDoubt, Message, Outcome, Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach an e-mail server.

    Attributes:
        host: its name.
        port: 587 for STARTTLS, 465 for TLS, mostly.
        security: ``starttls``, ``tls`` or ``none``.
        user: log-in name; empty for none.
        password_env: environment variable that holds the password.
        sender: From header, e.g. ``Brand <news@brand.example>``.
        reply_to: Reply-To header, or empty.
        headers: further fixed headers, e.g. List-Unsubscribe.
        connections: how many to open at most.
        timeout_seconds: for each step of the conversation.
        verify: check the server's certificate.
    """

    host: str
    port: int
    security: str = "starttls"
    user: str = ""
    password_env: str = ""
    sender: str
    reply_to: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    connections: int = 4
    timeout_seconds: float = 30.0
    verify: bool = True


class Smtp:
    """A channel that sends e-mail."""

    def __init__(
        self, key: str, settings: SmtpSettings, *, password: str = "", in_doubt: InDoubt = InDoubt.HOLD
    ) -> None:
        self.key = key
        self.namespace = "email"
        self.in_doubt = in_doubt
        self._settings = settings
        self._password = password
        self._sender = parseaddr(settings.sender)[1]
        self._loop = Loop(key)
        self._clients: list[aiosmtplib.SMTP] = []

    def deliver(self, messages: Sequence[Message], *, now: datetime) -> tuple[Outcome, ...]:
        """Send messages over up to ``connections`` connections; one outcome per message, in order."""
        return self._loop.run(self._deliver(messages, now)) if messages else ()

    def close(self) -> None:
        """Say good-bye on all connections."""
        self._loop.close(self._quit())

    async def _deliver(self, messages: Sequence[Message], now: datetime) -> tuple[Outcome, ...]:
        outcomes: list[Outcome] = [Retry(reason="not_tried")] * len(messages)
        lanes = min(self._settings.connections, len(messages))
        while len(self._clients) < lanes:
            self._clients.append(self._client())

        async def lane(number: int) -> None:
            client = self._clients[number]
            trouble: Retry | None = None
            await _probe(client)
            for index in range(number, len(messages), lanes):
                # Once the server cannot be reached the rest is not kept waiting for one time-out each.
                trouble = trouble or await self._connect(client)
                outcomes[index] = trouble or await self._send(client, messages[index], now)

        await asyncio.gather(*(lane(number) for number in range(lanes)))
        return tuple(outcomes)

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.timeout_seconds,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            validate_certs=settings.verify,
            username=settings.user or None,
            password=self._password or None,
            local_hostname=_domain(self._sender),
        )

    async def _connect(self, client: aiosmtplib.SMTP) -> Retry | None:
        """Make sure of a connection; the reason when there is none to be had."""
        if client.is_connected:
            return None
        try:
            await client.connect()
            if client.last_ehlo_response is None:
                await client.ehlo()  # tells what the server can do
        except aiosmtplib.SMTPAuthenticationError as exc:
            return Retry(reason="login_refused", detail=f"{exc.code} {exc.message}"[:500], after_seconds=300)
        except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
            client.close()
            return Retry(reason="unreachable", detail=str(exc)[:500])
        return None

    async def _send(self, client: aiosmtplib.SMTP, message: Message, now: datetime) -> Outcome:
        wide = not message.to.isascii()
        if not _plausible(message.to) or (wide and not client.supports_extension("smtputf8")):
            return Failed(reason="bad_address", detail=message.to[:200])
        if message.content.payload is not None:
            return Failed(reason="bad_message", detail="an e-mail needs a subject and a body, not JSON")
        try:
            mail = self._mail(message, now)
        except (ValueError, MessageError) as exc:
            return Failed(reason="bad_message", detail=str(exc)[:500])
        return await self._envelope(client, message.to, wide=wide) or await _data(client, mail)

    async def _envelope(self, client: aiosmtplib.SMTP, to: str, *, wide: bool) -> Outcome | None:
        """Name sender and recipient; an outcome when that already settles the matter."""
        try:
            await client.mail(self._sender, options=["SMTPUTF8"] if wide else None, encoding="utf-8")
            await client.rcpt(to, encoding="utf-8")
        except aiosmtplib.SMTPRecipientRefused as exc:
            await _reset(client)
            return _answer(exc, "recipient_refused")
        except aiosmtplib.SMTPSenderRefused as exc:  # says nothing about this recipient
            await _reset(client)
            return Retry(reason="sender_refused", detail=f"{exc.code} {exc.message}"[:500])
        except (aiosmtplib.SMTPException, OSError) as exc:
            client.close()
            return Retry(reason="connection_lost", detail=str(exc)[:500])
        return None

    def _mail(self, message: Message, now: datetime) -> bytes:
        mail = EmailMessage(policy=SMTP if message.to.isascii() else SMTPUTF8)
        mail["From"] = self._settings.sender
        mail["To"] = message.to
        mail["Subject"] = message.content.subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{message.key}@{_domain(self._sender)}>"
        if self._settings.reply_to:
            mail["Reply-To"] = self._settings.reply_to
        for name, value in self._settings.headers:
            mail[name] = value
        mail.set_content(message.content.body, subtype="html" if message.content.html else "plain", cte="base64")
        return mail.as_bytes()

    async def _quit(self) -> None:
        for client in self._clients:
            transport = client.transport
            try:
                if client.is_connected:
                    await client.quit(timeout=2)
            except (aiosmtplib.SMTPException, OSError):
                client.close()
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()  # the talk is over; do not wait for the other side to hang up
        self._clients = []


async def _probe(client: aiosmtplib.SMTP) -> None:
    """Find out whether a connection kept since the last batch still lives."""
    try:
        if client.is_connected:
            await client.noop()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


async def _data(client: aiosmtplib.SMTP, mail: bytes) -> Outcome:
    try:
        answer = await client.data(mail)
    except aiosmtplib.SMTPDataError as exc:
        return _answer(exc, "message_refused")
    except (aiosmtplib.SMTPException, OSError) as exc:  # nobody knows whether the server took it
        client.close()
        return Doubtful(reason="connection_lost", detail=str(exc)[:500])
    return Delivered(reference=answer.message[:200])


async def _reset(client: aiosmtplib.SMTP) -> None:
    """Leave the half-made envelope; a connection that cannot is dropped."""
    try:
        if client.is_connected:
            await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


def _answer(exc: aiosmtplib.SMTPResponseException, reason: str) -> Outcome:
    detail = f"{exc.code} {exc.message}"[:500]
    return Failed(reason=reason, detail=detail) if exc.code >= 500 else Retry(reason=reason, detail=detail)


def _plausible(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    return bool(local and at and domain) and address.isprintable() and not any(sign in address for sign in ' <>,;"')


def _domain(address: str) -> str:
    domain = address.rpartition("@")[2]
    try:
        return domain.encode("idna").decode("ascii") or "localhost"
    except UnicodeError:
        return "localhost"
