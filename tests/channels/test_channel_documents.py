"""Channel documents: precise errors, no secrets, the right adapter."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ninefold.base import Error
from ninefold.channels import (
    Fields,
    InDoubt,
    Outbox,
    Smtp,
    SmtpSettings,
    Template,
    Webhook,
    open_channel,
    parse_channel,
    parse_template,
)

HEAD: dict[str, object] = {"kind": "channel", "key": "mail", "name": {"en": "Mail", "zh": "邮件"}, "owner": "crm"}
MAIL = {**HEAD, "type": "smtp", "host": "mail.example", "sender": "Brand <news@brand.example>"}
HOOK = {**HEAD, "key": "hook", "type": "webhook", "url": "https://shop.example/hook"}


def test_a_mail_server_is_read_with_defaults() -> None:
    document = parse_channel(
        {
            **MAIL,
            "user": "crm",
            "password_env": "MAIL_PASSWORD",
            "headers": {"List-Unsubscribe": "<mailto:u@b.example>"},
        }
    )
    assert isinstance(document.settings, SmtpSettings)
    assert (document.settings.port, document.settings.security, document.in_doubt) == (587, "starttls", InDoubt.HOLD)
    assert document.settings.headers == (("List-Unsubscribe", "<mailto:u@b.example>"),)
    assert (document.header.name_en, document.header.name_zh) == ("Mail", "邮件")
    assert parse_channel({**MAIL, "security": "tls", "in_doubt": "resend"}).in_doubt is InDoubt.RESEND


@pytest.mark.parametrize(
    ("document", "field", "hint"),
    [
        ({**MAIL, "hots": "x"}, "hots", 'did you mean "host"?'),
        ({**MAIL, "type": "smpt"}, "type", 'did you mean "smtp"?'),
        ({**MAIL, "port": 70000}, "port", ""),
        ({**MAIL, "port": "25"}, "port", ""),
        ({**MAIL, "port": 25.5}, "port", ""),
        ({**MAIL, "port": True}, "port", ""),
        ({**MAIL, "sender": "Brand"}, "sender", ""),
        ({**MAIL, "user": "crm"}, "password_env", ""),
        ({**MAIL, "verify": "no"}, "verify", ""),
        ({**MAIL, "headers": {"Subject": "x"}}, "headers", ""),
        ({**MAIL, "headers": {"X-A": "a\nBcc: b"}}, "headers", ""),
        ({**MAIL, "headers": ["a"]}, "headers", ""),
        ({**MAIL, "in_doubt": "guess"}, "in_doubt", ""),
        ({**MAIL, "key": "Mail!"}, "key", ""),
        ({**MAIL, "name": {"de": "Post"}}, "name", ""),
        ({**MAIL, "owner": " "}, "owner", ""),
        ({**MAIL, "kind": "segment"}, "kind", ""),
        ({**HOOK, "url": "ftp://x"}, "url", ""),
        ({**HOOK, "host": "x"}, "host", ""),
        ({**HOOK, "timeout_seconds": 0}, "timeout_seconds", ""),
        ({**HEAD, "type": "outbox", "folder": "../up"}, "folder", ""),
        ("just text", "document", ""),
    ],
)
def test_a_wrong_field_is_named(document: object, field: str, hint: str) -> None:
    with pytest.raises(Error) as caught:
        parse_channel(document)
    assert caught.value.field == field
    assert caught.value.allowed
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "document",
    [
        {**MAIL, "password": "hunter2"},
        {**HOOK, "secret": "hunter2"},
        {**HOOK, "token": "hunter2"},
        {**HOOK, "url": "https://a:hunter2@x.example"},
    ],
)
def test_secrets_are_refused_and_not_repeated(document: dict[str, object]) -> None:
    with pytest.raises(Error, match="secret") as caught:
        parse_channel(document)
    assert "hunter2" not in str(caught.value)


def test_adapters_open_with_secrets_from_the_environment(tmp_path: Path) -> None:
    mail = parse_channel({**MAIL, "user": "crm", "password_env": "MAIL_PASSWORD"})
    with pytest.raises(Error, match="MAIL_PASSWORD"):
        open_channel(mail, environ={}, folder=tmp_path)
    for document, kind, namespace in (
        (mail, Smtp, "email"),
        (parse_channel({**HOOK, "secret_env": "S", "address": "phone"}), Webhook, "phone"),
        (parse_channel({**HEAD, "type": "outbox"}), Outbox, "person"),
    ):
        channel = open_channel(document, environ={"MAIL_PASSWORD": "x", "S": "y"}, folder=tmp_path)
        assert isinstance(channel, kind)
        assert channel.namespace == namespace
        assert channel.key == document.header.key
        assert channel.deliver([], now=datetime(2026, 6, 1, tzinfo=UTC)) == ()
        channel.close()
        channel.close()


def section(document: object) -> Fields:
    return Fields(document, path="template", allowed=("subject", "body", "format", "json"))


def test_template_sections() -> None:
    assert parse_template(section({"subject": " Hi ", "body": "a\n", "format": "html"})) == Template(
        subject="Hi", body="a\n", html=True
    )
    assert parse_template(section({"json": {"a": ["x", 1]}})) == Template(payload={"a": ["x", 1]})
    for wrong, field in (
        ({"json": {}, "body": "x"}, "template.body"),
        ({"json": {"a": {1, 2}}}, "template.json.a"),
        ({"body": 1}, "template.body"),
    ):
        with pytest.raises(Error) as caught:
            parse_template(section(wrong))
        assert caught.value.field == field
