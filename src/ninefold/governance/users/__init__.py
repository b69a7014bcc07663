"""People who work with the console: who they are, how they sign in, what they may, and their sessions."""

from .factors import Enrolment, Factors
from .model import Change, Invitation, NewUser, Opened, Person, Refusal, Role, Session, State
from .passwords import Passwords
from .rules import ROLES, clean_login, scope_of
from .service import Users
from .sessions import Lasting, Sessions, csrf_of
from .signing import Attempt, SignIn

__all__ = [
    "ROLES", "Attempt", "Change", "Enrolment", "Factors", "Invitation", "Lasting", "NewUser", "Opened", "Passwords",
    "Person", "Refusal", "Role", "Session", "Sessions", "SignIn", "State", "Users", "clean_login", "csrf_of",
    "scope_of",
]  # fmt: skip
