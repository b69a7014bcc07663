"""What goes in and out of sign-in and users."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from ninefold.governance import users

Login = Annotated[str, Field(min_length=1, max_length=254, examples=["li.lei@example.com"])]
Password = Annotated[str, Field(min_length=1, max_length=1_000, examples=["brook lantern sixty plum"])]
Code = Annotated[str, Field(max_length=40, description="of the authenticator, or a recovery code", examples=["492039"])]
Roles = Annotated[list[str], Field(min_length=1, max_length=20, examples=[["operator"]])]
Node = Annotated[str, Field(max_length=63, description="of the org tree and below; empty is all of it", examples=[""])]


class SignInIn(BaseModel):
    """Who wants in."""

    user: Login
    password: Password
    code: Code = ""


class TokenIn(BaseModel):
    """A bearer token that a session is opened from."""

    token: str = Field("", max_length=200, description="empty: the bearer token of this call", examples=[""])


class LinkIn(BaseModel):
    """A password chosen with a one-time link."""

    token: str = Field(min_length=1, max_length=200, examples=["nkT3v8Qm2xR5wL1c"])
    password: Password


class LinkOut(BaseModel):
    """Whose link it was."""

    user: str = Field(examples=["li.lei@example.com"])


class PasswordIn(BaseModel):
    """One's own new password."""

    old: Password
    password: Password


class CodeIn(BaseModel):
    """A code of the new app."""

    code: str = Field(min_length=1, max_length=40, examples=["492039"])


class RemoveIn(BaseModel):
    """One's own password, once more."""

    password: Password


class EnrolmentOut(BaseModel):
    """What an authenticator app needs; shown once."""

    secret: str = Field(description="base32, for typing in", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(examples=["otpauth://totp/My%20brand:li.lei?secret=JBSWY3DPEHPK3PXP&issuer=My%20brand"])
    qr: str = Field(description="the URI as a QR code: an SVG image as a data URI", examples=["data:image/svg+xml,..."])


class RecoveryOut(BaseModel):
    """Codes for when the app is lost; each opens once, and they are shown only here."""

    recovery_codes: list[str] = Field(examples=[["4n7q-ztba-2kfm-9xw3"]])


class OwnSessionOut(BaseModel):
    """A browser that one is signed in with."""

    id: int
    current: bool = Field(description="whether it is this one")
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str = Field(examples=["203.0.113.9"])
    agent: str = Field(examples=["Mozilla/5.0"])
    method: str = Field(examples=["password"])


class SessionOut(BaseModel):
    """Who is signed in, what they may, and what their pages need."""

    user: str = Field(description="login, or the name of the token", examples=["li.lei@example.com"])
    name: str = Field(examples=["Li Lei"])
    roles: list[str] = Field(description="none for a token", examples=[["operator"]])
    verbs: list[str] = Field(examples=[["read", "write"]])
    clear: list[str] = Field(description="personal fields that are shown as they are", examples=[["name"]])
    node: str = Field(description="of the org tree; empty is all of it", examples=[""])
    csrf: str = Field(description="for the header X-CSRF-Token; empty for a bearer token", examples=["5f0c1e"])
    expires_at: datetime | None = Field(description="when it ends if nobody uses it; null for a bearer token")
    must_change: bool = Field(default=False, description="whether only the password may be changed")
    method: str = Field(examples=["password"])


class UserIn(BaseModel):
    """Somebody to be let in."""

    login: Login
    name: str = Field("", max_length=200, examples=["Li Lei"])
    roles: Roles
    node: Node = ""
    password: str = Field(
        "", max_length=1_000, description="the first, to be changed at once; none: an invitation", examples=[""]
    )


class UserChange(BaseModel):
    """What is to be different; what is left out stays."""

    name: str | None = Field(None, max_length=200, examples=["Li Lei"])
    roles: Roles | None = None
    node: Node | None = None


class UserOut(BaseModel):
    """A user."""

    login: str = Field(examples=["li.lei@example.com"])
    name: str = Field(examples=["Li Lei"])
    roles: list[str] = Field(examples=[["operator"]])
    node: str = Field(examples=[""])
    state: users.State
    must_change: bool
    totp: bool = Field(description="whether a code is asked for")
    provider: str = Field(description="issuer that they sign in with; empty for a password", examples=[""])
    created_at: datetime
    last_sign_in_at: datetime | None


class InvitationOut(BaseModel):
    """A link for choosing a password, once: the console's address followed by ``/#link=`` and the token."""

    token: str = Field(examples=["nkT3v8Qm2xR5wL1c"])
    expires_at: datetime


class InvitedOut(BaseModel):
    """A user, and the link to hand over when a password is to be chosen."""

    user: UserOut
    invitation: InvitationOut | None = None


class RoleOut(BaseModel):
    """What a role brings."""

    role: str = Field(examples=["operator"])
    verbs: list[str] = Field(examples=[["read", "write"]])
    clear: list[str] = Field(examples=[["name"]])
    about: str


def user_out(person: users.Person) -> UserOut:
    """A user as the API shows it."""
    return UserOut.model_validate(person, from_attributes=True)


def invited_out(person: users.Person, invitation: users.Invitation | None) -> InvitedOut:
    """A user with a link as the API shows them."""
    shown = InvitationOut.model_validate(invitation, from_attributes=True) if invitation else None
    return InvitedOut(user=user_out(person), invitation=shown)
