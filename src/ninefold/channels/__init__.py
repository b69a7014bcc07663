"""Channels: render messages and hand them to e-mail servers, webhooks or the outbox folder."""

from ninefold.base import HEADER_FIELDS, DocumentHeader, Fields

from .model import (
    Channel,
    Content,
    Delivered,
    Doubtful,
    Failed,
    InDoubt,
    JsonValue,
    Message,
    Outcome,
    Retry,
    Template,
    Unrendered,
)  # fmt: skip
from .outbox import Outbox, OutboxSettings
from .render import ROOTS, Renderer, check_template, names_used, nest
from .service import SECTION_FIELDS, ChannelDocument, Channels, open_channel, parse_channel, parse_template
from .smtp import Smtp, SmtpSettings
from .webhook import Webhook, WebhookSettings

__all__ = [
    "HEADER_FIELDS", "ROOTS", "SECTION_FIELDS", "Channel", "ChannelDocument", "Channels", "Content", "Delivered",
    "DocumentHeader", "Doubtful", "Failed", "Fields", "InDoubt", "JsonValue", "Message", "Outbox",
    "OutboxSettings", "Outcome", "Renderer", "Retry", "Smtp", "SmtpSettings", "Template", "Unrendered", "Webhook",
    "WebhookSettings", "check_template", "names_used", "nest", "open_channel", "parse_channel", "parse_template",
]
