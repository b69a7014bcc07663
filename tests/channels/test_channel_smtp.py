"""E-mail against a real SMTP server, with all its moods."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from ninefold.channels import Content, Delivered, Doubtful, Failed, InDoubt, Message, Retry, Smtp, SmtpSettings

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
CERTIFICATE = Path(__file__).with_name("localhost.pem")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Answers by the local part of the recipient."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self.sessions: set[int] = set()
        self.commands: list[str] = []

    async def handle_RCPT(  # noqa: N802 - the library calls it so
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        self.commands.append("RCPT")
        if address.startswith("gone"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.7.1 greylisted"
        if address.startswith("busy"):
            return "421 4.3.2 closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library calls it so
        (to,) = envelope.rcpt_tos
        if to.startswith("spam"):
            return "554 5.7.1 looks like spam"
        if to.startswith("full"):
            return "452 4.2.2 mailbox full"
        self.mails.append((to, envelope.content))
        if to.startswith("drop"):
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 OK queued as 42"


@pytest.fixture
def handler() -> Server:
    return Server()


@pytest.fixture
def server(handler: Server) -> Iterator[Controller]:
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    yield controller
    controller.stop()


def channel_to(controller: Controller, *, password: str = "", **settings: Any) -> Smtp:
    base: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": controller.port,
        "security": "none",
        "sender": "Brand <news@brand.example>",
        "timeout_seconds": 5.0,
    }
    return Smtp("mail", SmtpSettings(**{**base, **settings}), password=password)


def message(to: str, key: str = "k1", subject: str = "Hi", body: str = "Hello", *, html: bool = False) -> Message:
    return Message(key=key, to=to, content=Content(subject=subject, body=body, html=html))


def test_a_mail_arrives_with_its_own_name(server: Controller, handler: Server) -> None:
    channel = channel_to(
        server, reply_to="help@brand.example", headers=(("List-Unsubscribe", "<mailto:u@brand.example>"),)
    )
    (outcome,) = channel.deliver(
        [message("anna@x.example", "abc", "你好 Anna", "<p>你好\n.\n</p>", html=True)], now=NOW
    )
    channel.close()
    assert outcome == Delivered(reference="OK queued as 42")
    mail = message_from_bytes(handler.mails[0][1])
    assert mail["Message-ID"] == "<abc@brand.example>"
    assert str(make_header(decode_header(mail["Subject"]))) == "你好 Anna"
    assert mail["Date"] == "Mon, 01 Jun 2026 08:00:00 +0000"
    assert (mail["To"], mail["Reply-To"]) == ("anna@x.example", "help@brand.example")
    assert mail["List-Unsubscribe"] == "<mailto:u@brand.example>"
    assert mail.get_content_type() == "text/html"
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().replace("\r\n", "\n") == "<p>你好\n.\n</p>\n"


def test_each_recipient_gets_an_outcome_of_his_own(server: Controller, handler: Server) -> None:
    people = ["anna", "gone", "later", "spam", "full", "busy", "bert", "drop", "cora"]
    channel = channel_to(server, connections=2)
    outcomes = channel.deliver([message(f"{name}@x.example", f"k{i}") for i, name in enumerate(people)], now=NOW)
    channel.close()
    kinds = {
        name: (type(outcome), getattr(outcome, "reason", "")) for name, outcome in zip(people, outcomes, strict=True)
    }
    assert kinds == {
        "anna": (Delivered, ""),
        "bert": (Delivered, ""),
        "cora": (Delivered, ""),
        "gone": (Failed, "recipient_refused"),
        "later": (Retry, "recipient_refused"),
        "spam": (Failed, "message_refused"),
        "full": (Retry, "message_refused"),
        "busy": (Retry, "recipient_refused"),
        "drop": (Doubtful, "connection_lost"),
    }
    assert sorted(to for to, _ in handler.mails) == [f"{n}@x.example" for n in ("anna", "bert", "cora", "drop")]


def test_connections_are_kept_between_batches(server: Controller, handler: Server) -> None:
    channel = channel_to(server, connections=1)
    for batch in range(3):
        outcomes = channel.deliver([message("a@x.example", f"{batch}-{i}") for i in range(10)], now=NOW)
        assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    channel.close()
    assert len(handler.sessions) == 1
    assert len({message_from_bytes(raw)["Message-ID"] for _, raw in handler.mails}) == 30


def test_a_server_that_was_restarted_is_found_again(handler: Server) -> None:
    first = Controller(handler, hostname="127.0.0.1", port=free_port())
    first.start()
    port = first.port
    channel = channel_to(first, connections=1)
    assert isinstance(channel.deliver([message("a@x.example")], now=NOW)[0], Delivered)
    first.stop()
    assert [o.reason for o in channel.deliver([message("a@x.example")] * 3, now=NOW) if isinstance(o, Retry)] == [
        "unreachable"
    ] * 3
    second = Controller(handler, hostname="127.0.0.1", port=port)
    second.start()
    assert isinstance(channel.deliver([message("a@x.example")], now=NOW)[0], Delivered)
    channel.close()
    second.stop()


@pytest.mark.parametrize(
    "to",
    [
        "",
        "nobody",
        "a@",
        "@b.example",
        "a b@c.example",
        "a@b.example,c@d.example",
        "a@b.example\r\nRCPT TO:<x@y.example>",
        "<a@b.example>",
    ],
)
def test_an_address_that_is_none_is_final_and_never_reaches_the_server(
    server: Controller, handler: Server, to: str
) -> None:
    channel = channel_to(server)
    (outcome,) = channel.deliver([message(to)], now=NOW)
    channel.close()
    assert isinstance(outcome, Failed)
    assert outcome.reason == "bad_address"
    assert handler.commands == []


def test_addresses_beyond_ascii_go_where_the_server_takes_them(server: Controller, handler: Server) -> None:
    channel = channel_to(server)
    assert isinstance(channel.deliver([message("jürgen@x.example")], now=NOW)[0], Delivered)
    channel.close()
    assert handler.mails[0][0] == "jürgen@x.example"
    narrow = Controller(handler, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=False)
    narrow.start()
    channel = channel_to(narrow)
    assert isinstance(channel.deliver([message("jürgen@x.example")], now=NOW)[0], Failed)
    channel.close()
    narrow.stop()


def test_json_is_no_mail_and_a_wild_subject_no_crash(server: Controller) -> None:
    channel = channel_to(server)
    outcomes = channel.deliver(
        [
            Message(key="k", to="a@x.example", content=Content(payload={"a": 1})),
            message("a@x.example", subject="a\nBcc: b@c.example"),
        ],
        now=NOW,
    )
    channel.close()
    assert [o.reason for o in outcomes if isinstance(o, Failed)] == ["bad_message", "bad_message"]


def test_nobody_there(handler: Server) -> None:
    gone = Controller(handler, hostname="127.0.0.1", port=free_port())
    gone.start()
    channel = channel_to(gone)
    gone.stop()
    outcomes = channel.deliver([message("a@x.example", str(i)) for i in range(50)], now=NOW)
    channel.close()
    assert {o.reason for o in outcomes if isinstance(o, Retry)} == {"unreachable"}
    assert len(outcomes) == 50


def secured(handler: Server, *, password: str) -> Controller:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == password.encode(), handled=False)

    return Controller(
        handler,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=tls,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )


def test_starttls_and_login(handler: Server) -> None:
    controller = secured(handler, password="s3cret")
    controller.start()
    wanted = {"security": "starttls", "user": "crm", "password_env": "P"}
    right = channel_to(controller, password="s3cret", verify=False, **wanted)
    wrong = channel_to(controller, password="guess", verify=False, **wanted)
    strict = channel_to(controller, password="s3cret", **wanted)
    outcomes = [channel.deliver([message("a@x.example")], now=NOW)[0] for channel in (right, wrong, strict)]
    for channel in (right, wrong, strict):
        channel.close()
    controller.stop()
    assert isinstance(outcomes[0], Delivered)
    assert isinstance(outcomes[1], Retry)
    assert (outcomes[1].reason, outcomes[1].after_seconds) == ("login_refused", 300), outcomes[1]
    assert isinstance(outcomes[2], Retry)
    assert outcomes[2].reason == "unreachable"
    assert "ertificate" in outcomes[2].detail


def test_doubt_is_held_for_a_person_by_default(server: Controller) -> None:
    assert channel_to(server).in_doubt is InDoubt.HOLD
