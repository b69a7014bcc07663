"""Opens the source that a document describes; what is heavy is imported only for the kind that needs it."""

from typing import assert_never

from ninefold.base import refused
from ninefold.collect.connectors.settings import FileDrop, MqttSource, RestSource, Settings, SqlSource, Webhook
from ninefold.collect.connectors.taking.secrets import Secrets

from .pull import Pull


def open_pull(settings: Settings, secrets: Secrets) -> Pull:
    """A source that is read page by page; raises refused ``not_a_pull`` for the others."""
    match settings:
        case SqlSource():
            from .sql import SqlPull  # noqa: PLC0415

            return SqlPull(settings, secrets)
        case RestSource():
            from .rest import RestPull  # noqa: PLC0415

            return RestPull(settings, secrets)
        case FileDrop() | Webhook() | MqttSource():
            raise refused("not_a_pull", "this connector is not read page by page")
        case _:
            assert_never(settings)
