"""Commands about who may see and do what, and what people asked for."""

from .book import audit
from .consent import consent
from .members import org
from .privacy import privacy, retention
from .related import relations
from .users import users

__all__ = ["audit", "consent", "org", "privacy", "relations", "retention", "users"]
