"""The document of a destination (``kind: deletion-destination``), and how often it is tried. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from ninefold.base import HEADER_FIELDS, Fields, doubled

from .model import DESTINATION_KIND, Destination

_FIRST_SECONDS = 30.0
_LONGEST_SECONDS = 6 * 3_600.0
_OWN = ("type", "url", "secret_env", "identifiers", "give_up_days")


def parse_destination(document: Mapping[str, object]) -> Destination:
    """The destination a document describes.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.

    >>> parse_destination({"key": "archive", "name": "Archive", "owner": "dpo", "type": "file"}).give_up_days
    14
    """
    fields = Fields(document, allowed=(*HEADER_FIELDS, *_OWN))
    header = fields.header(DESTINATION_KIND)
    posts = fields.choice("type", ("webhook", "file")) == "webhook"
    url = fields.text("url", None if posts else "", allowed="an http or https address")
    if posts != url.startswith(("http://", "https://")):
        raise fields.wrong("url", "an http or https address of a webhook; none of a file")
    return Destination(
        key=header.key,
        type="webhook" if posts else "file",
        url=url,
        secret_env=fields.text("secret_env", ""),
        identifiers=fields.texts("identifiers", allowed="a list of kinds of identifiers"),
        give_up_days=fields.integer("give_up_days", 14, low=1, high=365),
    )


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: half a minute, doubled each time, at most six hours.

    >>> pause(1), pause(3), pause(40)
    (datetime.timedelta(seconds=30), datetime.timedelta(seconds=120), datetime.timedelta(seconds=21600))
    """
    return timedelta(seconds=doubled(_FIRST_SECONDS, _LONGEST_SECONDS, tries))
