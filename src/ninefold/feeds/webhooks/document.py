"""The document of kind ``webhook``. Pure."""

import re
from urllib.parse import urlsplit

from ninefold.base import HEADER_FIELDS, Fields
from ninefold.feeds.reading import read_kinds
from ninefold.governance import FIELDS, Principal, Scope

from .model import Subscription

KIND = "webhook"
_BODY = ("url", "kinds", "node", "purposes", "clear", "sees", "secret_env", "batch", "give_up_days", "active",
         "token")  # fmt: skip
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MOST = 1_000


def parse_subscription(document: object) -> Subscription:
    """A webhook from its document; raises invalid, naming the field, what was got and what is allowed."""
    fields = Fields(document, allowed=(*HEADER_FIELDS, *_BODY))
    key = fields.header(KIND).key
    url = fields.text("url")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise fields.wrong("url", "an http or https address without a user")
    clear = fields.texts("clear", allowed=", ".join(sorted(FIELDS)))
    if not FIELDS.issuperset(clear):
        raise fields.wrong("clear", ", ".join(sorted(FIELDS)))
    scope = Scope(
        node=fields.text("node", ""),
        clear=frozenset(clear),
        verbs=frozenset({"read"}),
        purposes=frozenset(fields.texts("purposes")),
        sees="all" if fields.choice("sees", ("own", "all"), "own") == "all" else "own",
    )
    return Subscription(
        key=key,
        url=url,
        caller=Principal(name=f"webhook {key}", scope=scope),
        kinds=read_kinds(fields.texts("kinds")),
        secret_env=fields.matching("secret_env", _ENV, "", allowed="the name of an environment variable"),
        batch=fields.integer("batch", 100, low=1, high=_MOST),
        give_up_days=fields.number("give_up_days", 3.0, low=0.01, high=30),
        active=fields.flag("active", default=True),
        token=fields.integer("token", 0, low=0, high=2**53),
    )
