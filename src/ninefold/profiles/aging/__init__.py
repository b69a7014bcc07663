"""What of profiles ages: events and traits."""

from .service import EventAging

__all__ = ["EventAging"]
