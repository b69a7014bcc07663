"""What a connector's document says: where its rows are, who we are there, when it runs. No I/O, no clock.

A *pull* fetches by schedule (files, SQL, REST); a *subscription* (MQTT) and a *hook* (webhooks) are sent to.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from ninefold.base import DocumentHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """The place of a secret; its value never stands in a document, an answer or a log.

    Attributes:
        env: environment variable that holds it.
        file: file that holds it, e.g. a mounted secret; outer white space is cut.
    """

    env: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a pull runs.

    Attributes:
        every: seconds between the end of a run and the next one; 0 with a cron expression or by hand only.
        cron: five fields.
        zone: IANA zone of the cron expression.
    """

    every: float = 300.0
    cron: str = ""
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses after failures: the first one, doubled each time, up to the longest; in seconds."""

    first: float = 5.0
    longest: float = 3600.0


class OnError(StrEnum):
    """What happens to a file that cannot be read as a table."""

    SET_ASIDE = "set_aside"  # wait for a person's decision
    RETRY = "retry"  # with pauses; something else may be mending it


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDrop:
    """Files of a folder or of an S3-compatible storage.

    Attributes:
        folder: local folder; empty with S3.
        bucket: of the storage, with an optional prefix after a slash.
        endpoint: ``https://host[:port]``; empty for Amazon's own.
        region: of the storage.
        access_key, secret_key: where they are found.
        glob: patterns of the paths below the folder; ``**/`` goes into sub-folders.
        stable_seconds: size and time of a file must stay the same this long before it is taken.
        marker: suffix of an empty file that says "complete", e.g. ``.done``; with it nothing else is taken.
        on_error: what happens to files that cannot be read.
    """

    folder: str = ""
    bucket: str = ""
    endpoint: str = ""
    region: str = ""
    access_key: Secret | None = None
    secret_key: Secret | None = None
    glob: tuple[str, ...] = ("**/*",)
    stable_seconds: float = 30.0
    marker: str = ""
    on_error: OnError = OnError.SET_ASIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSource:
    """A table or query of a database, read on from a cursor column.

    Attributes:
        url: SQLAlchemy address without a password.
        url_secret: where the whole address is found instead.
        password: where the password is found.
        table: name, perhaps with a schema before a dot.
        query: or a SELECT; it may not hold a cursor condition.
        cursor: column that grows: a number or a time; empty reads the whole once per content of a row.
        key: columns that identify a row; needed where several rows share a cursor value.
        overlap_seconds: time cursors are read again from this long before, for rows that commit late.
        chunk_rows: rows of one transaction.
    """

    url: str = ""
    url_secret: Secret | None = None
    password: Secret | None = None
    table: str = ""
    query: str = ""
    cursor: str = ""
    key: tuple[str, ...] = ()
    overlap_seconds: float = 0.0
    chunk_rows: int = 5_000


class AuthKind(StrEnum):
    """How a REST source knows us."""

    NONE = "none"
    BEARER = "bearer"
    BASIC = "basic"
    HEADER = "header"
    OAUTH2 = "oauth2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Who we are for a REST source; ``secret`` is the token, password, header value or client secret."""

    kind: AuthKind = AuthKind.NONE
    user: str = ""
    header: str = ""
    secret: Secret | None = None
    token_url: str = ""
    scope: str = ""


class PagingKind(StrEnum):
    """How the next page of a REST source is asked for."""

    NONE = "none"
    PAGE = "page"  # a page number
    OFFSET = "offset"
    CURSOR = "cursor"  # a token out of the answer
    LINK = "link"  # the Link header, rel="next" (RFC 8288)
    NEXT_URL = "next_url"  # an address in the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """The paging of a REST source.

    Attributes:
        kind: how.
        param: query parameter of the page number, offset or token.
        size_param: query parameter of the page size; empty sends none.
        size: records per page; a shorter page is the last one, with numbers and offsets.
        start: first page number or offset.
        path: where the token or address stands in the answer.
    """

    kind: PagingKind = PagingKind.NONE
    param: str = ""
    size_param: str = ""
    size: int = 100
    start: int = 1
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSource:
    """Records of an HTTP API.

    Attributes:
        url: address of the list.
        headers: sent with every request; no secrets.
        params: query parameters of every request.
        auth: who we are.
        records: where the records stand in the answer, e.g. ``data.orders``; empty when the answer is the list.
        each: a list inside a record; each entry becomes a row with the record around it, the entry under ``item``.
        id: fields that identify a record; without them its content does.
        paging: how to get further.
        since: query parameter that asks for newer records only; empty reads everything each time.
        since_path: field of a record whose greatest value is the next ``since``.
        since_start: its value at the beginning.
        until: query parameter of the end of a backfill.
        overlap_seconds: a ``since`` that is a time is set back by this much.
        per_second: requests per second at most; 0 for no limit.
        timeout_seconds: of one request.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    auth: Auth = field(default_factory=Auth)
    records: str = ""
    each: str = ""
    id: tuple[str, ...] = ()
    paging: Paging = field(default_factory=Paging)
    since: str = ""
    since_path: str = ""
    since_start: str = ""
    until: str = ""
    overlap_seconds: float = 0.0
    per_second: float = 0.0
    timeout_seconds: float = 30.0


class HookKind(StrEnum):
    """Whose webhooks these are, and so how they are signed and answered."""

    SHOPIFY = "shopify"
    WECHAT = "wechat"
    WECOM = "wecom"
    WOOCOMMERCE = "woocommerce"
    HMAC = "hmac"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Messages that a vendor posts to ``/v1/hooks/{connector}``.

    Attributes:
        kind: whose.
        secret: signing secret; WeChat's and WeCom's token.
        aes_key: WeChat's and WeCom's EncodingAESKey; needed for encrypted messages.
        app_id: WeChat's app id, WeCom's corp id: encrypted messages for others are refused.
        header: generic: the header of the signature.
        prefix: generic: what stands before the signature, e.g. ``sha256=``.
        algorithm: generic: ``sha256``, ``sha1`` or ``sha512``.
        encoding: generic: ``hex`` or ``base64``.
        timestamp_header: generic: header with the time in seconds, signed as ``timestamp.body``.
        tolerance_seconds: how old a signed time may be.
        id_header: generic: header that names the message; without it the content does.
        records: where the records stand in the body; empty when it is one record or a list.
        each: as of REST sources.
    """

    kind: HookKind
    secret: Secret
    aes_key: Secret | None = None
    app_id: str = ""
    header: str = "x-signature"
    prefix: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    timestamp_header: str = ""
    tolerance_seconds: float = 300.0
    id_header: str = ""
    records: str = ""
    each: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSource:
    """Messages of devices, from a broker.

    Attributes:
        host, port: the broker.
        topics: filters, e.g. ``scales/+/readings``; their parts are the columns ``$topic.1``, ``$topic.2``...
        client_id: the session at the broker, unique there; by default made from the connector's key.
        user: name at the broker.
        password: where the password is found.
        tls: encrypt, with the system's authorities or ``ca_file``.
        ca_file: certificates of the authorities.
        keepalive: seconds.
        each: as of REST sources.
    """

    host: str
    port: int = 1883
    topics: tuple[str, ...] = ()
    client_id: str = ""
    user: str = ""
    password: Secret | None = None
    tls: bool = False
    ca_file: str = ""
    keepalive: int = 60
    each: str = ""


Settings = FileDrop | SqlSource | RestSource | Webhook | MqttSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A connector as its document describes it.

    Attributes:
        header: key, names, owner, purpose.
        mapping: key of the mapping document that reads its rows.
        schedule: of pulls.
        backoff: after failures.
        settings: of its kind.
    """

    header: DocumentHeader
    mapping: str
    schedule: Schedule
    backoff: Backoff
    settings: Settings

    @property
    def key(self) -> str:
        """Its name in addresses and commands."""
        return self.header.key

    @property
    def kind(self) -> str:
        """Its ``type`` in the document."""
        match self.settings:
            case FileDrop(bucket=bucket):
                return "s3" if bucket else "files"
            case SqlSource():
                return "sql"
            case RestSource():
                return "rest"
            case Webhook():
                return "webhook"
            case MqttSource():
                return "mqtt"

    @property
    def pulls(self) -> bool:
        """Whether it fetches by schedule, instead of being sent to."""
        return isinstance(self.settings, FileDrop | SqlSource | RestSource)
