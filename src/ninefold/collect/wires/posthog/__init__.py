"""The wire of PostHog's SDKs."""

from .wire import POSTHOG

__all__ = ["POSTHOG"]
