"""Records of an HTTP API, page by page, by any of the usual ways of paging and signing in.

A page that repeats or shifts does no harm, for records have names; a cut connection or a 5xx ends the try, and the next
one goes on at the same page.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from ninefold.base import Error, Kind, refused, stable_key, unavailable
from ninefold.collect.connectors.model import Cursor, Page
from ninefold.collect.connectors.settings import Auth, AuthKind, PagingKind, RestSource
from ninefold.collect.connectors.taking.objects import Record, at, chunk_of, name_of, records_of, rows_of
from ninefold.collect.connectors.taking.secrets import Secrets
from ninefold.collect.imports.readers.objects import scalar_text

from .pull import Later, Window, check_cursor
from .sql import set_back

_MOST_BYTES = 64 * 1024 * 1024
_LONGEST_PAUSE = 3_600.0
_MARGIN = 30.0  # a token is renewed this many seconds before it ends
_AGAIN = frozenset({408, 425, 500, 502, 503, 504})


class RestPull:
    """An HTTP API; see :class:`Pull`."""

    def __init__(self, source: RestSource, secrets: Secrets) -> None:
        self._source = source
        self._of = stable_key(source.url, source.records, source.since, source.paging.kind.value)[:16]
        headers = {"user-agent": "Ninefold", "accept": "application/json", **dict(source.headers)}
        self._client = httpx.Client(headers=headers, timeout=source.timeout_seconds)
        self._login = _Login(source.auth, secrets, self._client)
        self._next_at = 0.0

    def pages(self, cursor: Cursor, window: Window | None) -> Iterator[Page]:
        """Pages as the API gives them; see :class:`Pull`."""
        check_cursor(cursor, self._of)
        source = self._source
        since = self._since(cursor, window)
        high = cursor.get("high")
        place = cursor["at"] if "at" in cursor else self._first()
        before: tuple[str, ...] = ()
        while place is not None:
            answer = self._ask(place, since, window)
            body = _json(answer)
            records = records_of(body, source.records)
            names = tuple(name_of(record, self._naming) for record in records)
            if not records or (names == before and self._counted):  # past the end, or its last page for ever
                break
            before = names
            high = _greatest(high, [at(record, source.since_path) for record in records]) if source.since else None
            place = self._after(place, answer, body, len(records))
            rows = [row for record, name in zip(records, names, strict=True) for row in self._rows(record, name)]
            state = {"of": self._of, "high": high}
            yield Page(chunk=chunk_of(rows), cursor=state if place is None else {**state, "since": since, "at": place})
        if place is not None and ("at" in cursor or high != cursor.get("high")):
            yield Page(chunk=chunk_of([]), cursor={"of": self._of, "high": high})

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @property
    def _counted(self) -> bool:
        return self._source.paging.kind in {PagingKind.PAGE, PagingKind.OFFSET}

    @property
    def _naming(self) -> Sequence[str]:
        """A changed record is another one, so the value of ``since`` belongs to its name."""
        source = self._source
        return (*source.id, *((source.since_path,) if source.since_path else ())) if source.id else ()

    def _rows(self, record: Record, name: str) -> Iterator[dict[str, object]]:
        return rows_of(record, name, self._source.each)

    def _since(self, cursor: Cursor, window: Window | None) -> object:
        """What newer records are asked for with; a run that goes on keeps the one it began with."""
        source = self._source
        if not source.since:
            return None
        if window is not None:
            return window.start or None
        if "at" in cursor:
            return cursor.get("since")
        high = cursor.get("high")
        return (source.since_start or None) if high is None else set_back(high, source.overlap_seconds)

    def _first(self) -> object:
        paging = self._source.paging
        match paging.kind:
            case PagingKind.PAGE | PagingKind.OFFSET:
                return paging.start
            case _:
                return ""

    def _ask(self, place: object, since: object, window: Window | None) -> httpx.Response:
        source, paging = self._source, self._source.paging
        params: dict[str, str] = dict(source.params)
        if since is not None:
            params[source.since] = scalar_text(since)
        if window is not None and window.end and source.until:
            params[source.until] = window.end
        if paging.size_param:
            params[paging.size_param] = str(paging.size)
        by_address = paging.kind in {PagingKind.LINK, PagingKind.NEXT_URL}
        if place != "" and not by_address:
            params[paging.param] = scalar_text(place)
        address = source.url if place == "" or not by_address else str(place)
        return self._get(address, params if address == source.url else {})

    def _get(self, address: str, params: Mapping[str, str]) -> httpx.Response:
        for attempt in range(2):
            self._keep_pace()
            try:
                request = self._client.build_request("GET", address, params=params or None)
                self._login.sign(request)
                answer = _read(self._client, request)
            except httpx.HTTPError as exc:
                raise unavailable("api_unreachable", f"the API does not answer: {type(exc).__name__}") from exc
            if answer.status_code == 401 and attempt == 0 and self._login.renew():
                continue
            break
        _check(answer)
        return answer

    def _keep_pace(self) -> None:
        if not self._source.per_second:
            return
        wait = self._next_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._next_at = time.monotonic() + 1 / self._source.per_second

    def _after(self, place: object, answer: httpx.Response, body: object, count: int) -> object:
        """Where the next page is; nothing after the last one."""
        paging = self._source.paging
        following: object = None
        match paging.kind:
            case PagingKind.PAGE | PagingKind.OFFSET:
                step = 1 if paging.kind is PagingKind.PAGE else count
                following = None if count < paging.size else int(scalar_text(place)) + step
            case PagingKind.CURSOR:
                following = at(body, paging.path) or None
            case PagingKind.NEXT_URL:
                following = self._own(at(body, paging.path), answer)
            case PagingKind.LINK:
                following = self._own(answer.links.get("next", {}).get("url"), answer)
            case PagingKind.NONE:
                pass
        if following is not None and following == place:
            raise unavailable("paging_loops", "the API gives the same next page again")
        return following

    def _own(self, address: object, answer: httpx.Response) -> str | None:
        """An absolute address on the API's own host; logins are sent nowhere else."""
        if not isinstance(address, str) or not address:
            return None
        whole = str(answer.url.join(address))
        if _origin(whole) != _origin(self._source.url):
            raise refused(
                "foreign_page", f"the next page is on another host, {urlsplit(whole).netloc}",
                hint="logins are sent only to the host of the document's url",
            )  # fmt: skip
        return whole


@dataclass(slots=True)
class _Token:
    value: str = ""
    ends_at: float = 0.0


class _Login:
    """Signs requests."""

    def __init__(self, auth: Auth, secrets: Secrets, client: httpx.Client) -> None:
        self._auth, self._secrets, self._client = auth, secrets, client
        self._token = _Token()

    def sign(self, request: httpx.Request) -> None:
        """Put into a request what shows who we are."""
        auth = self._auth
        match auth.kind:
            case AuthKind.NONE:
                return
            case AuthKind.BEARER:
                request.headers["authorization"] = f"Bearer {self._secrets.get(auth.secret)}"
            case AuthKind.HEADER:
                request.headers[auth.header] = self._secrets.get(auth.secret)
            case AuthKind.BASIC:
                flow = httpx.BasicAuth(auth.user, self._secrets.get(auth.secret)).auth_flow(request)
                next(flow)
            case AuthKind.OAUTH2:
                request.headers["authorization"] = f"Bearer {self._access_token()}"

    def renew(self) -> bool:
        """Throw the token away after a 401; whether there is a new one to try with."""
        self._token = _Token()
        return self._auth.kind is AuthKind.OAUTH2

    def _access_token(self) -> str:
        """A token by client credentials (RFC 6749, 4.4), kept until shortly before its end."""
        if self._token.value and time.monotonic() < self._token.ends_at:
            return self._token.value
        auth = self._auth
        form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        request = self._client.build_request("POST", auth.token_url, data=form)
        next(httpx.BasicAuth(auth.user, self._secrets.get(auth.secret)).auth_flow(request))
        answer = _read(self._client, request)
        _check(answer)
        body = _json(answer)
        token, seconds = at(body, "access_token"), at(body, "expires_in")
        if not isinstance(token, str) or not token:
            raise unavailable("no_token", "the token address gives no access_token")
        lasts = float(seconds) if isinstance(seconds, int | float) else 3_600.0
        self._token = _Token(token, time.monotonic() + max(lasts - _MARGIN, 1.0))
        return token


def _read(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send a request and read the whole answer, unless it is larger than any page should be."""
    answer = client.send(request, stream=True)
    try:
        parts, size = [], 0
        for part in answer.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > _MOST_BYTES:
                raise unavailable("page_too_large", "a page of the API has more than 64 MB", hint="ask for less a page")
    finally:
        answer.close()
    headers = [(k, v) for k, v in answer.headers.items() if k not in {"content-encoding", "content-length"}]
    return httpx.Response(answer.status_code, headers=headers, content=b"".join(parts), request=request)


def _check(answer: httpx.Response) -> None:
    status = answer.status_code
    if status < 300:
        return
    said = " ".join(answer.text[:200].split())
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        error = unavailable("api_slow_down", f"the API asks us to wait: {status} {said}")
        raise Later(error, _pause(answer.headers.get("retry-after", "")))
    if status in _AGAIN:
        raise unavailable("api_unwell", f"the API fails: {status} {said}")
    if status in {401, 403}:
        raise refused("api_refuses", f"the API does not let us in: {status} {said}", hint="look at auth and its secret")
    raise Error(Kind.INVALID, "api_rejects", f"the API does not take the request: {status} {said}", field="rest.url")


def _pause(header: str) -> float:
    """Seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3); 30 where it says nothing."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
            seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except ValueError:
            seconds = 30.0
    return min(max(seconds, 0.0), _LONGEST_PAUSE)


def _json(answer: httpx.Response) -> object:
    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise unavailable("bad_answer", f"the API's answer is no JSON: {exc}") from exc


def _greatest(high: object, values: Sequence[object]) -> object:
    """The greatest of values that are numbers or times."""
    for value in values:
        if isinstance(value, str | int | float) and value != "" and (high is None or _order(value) > _order(high)):
            high = value
    return high


def _order(value: object) -> tuple[int, float, str]:
    """Numbers before times before other texts; times as instants, whatever their offset."""
    if isinstance(value, int | float):
        return 0, float(value), ""
    text = str(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 2, 0.0, text
    return 1, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp(), ""


def _origin(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
