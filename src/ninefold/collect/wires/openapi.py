"""Short forms for the OpenAPI path items that each wire writes by hand. Pure."""

from collections.abc import Mapping, Sequence

Json = Mapping[str, object]

_PROBLEM = {"success": False, "code": "invalid_write_key", "message": "invalid write key", "kind": "refused"}
_IMAGE = "image/gif"
_ANSWERS = {
    400: "nothing in the request can be read; SDKs drop it",
    401: "no valid write key",
    413: "too large, as sent or unpacked",
    503: "try again later, see Retry-After",
}


def body(*, example: object, media: str = "application/json", schema: Json | None = None) -> Json:
    """A request body with an example; the label does not matter to the collector, the bytes do."""
    content = {"schema": schema or {"type": "object"}, "example": example}
    return {"required": True, "content": {media: content}}


def query(*names: str, required: bool = False, examples: Mapping[str, str] | None = None) -> list[Json]:
    """Text parameters of the query, by name."""
    known = examples or {}
    return [
        {
            "name": name,
            "in": "query",
            "required": required,
            "schema": {"type": "string"},
            **({"example": known[name]} if name in known else {}),
        }
        for name in names
    ]


def in_path(name: str, *, example: str) -> Json:
    """A parameter of the path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}


def answer(text: str, *, example: object, media: str = "application/json") -> Json:
    """An answer with an example."""
    schema: Json = {"type": "string", "format": "binary"} if media == _IMAGE else {"type": "object"}
    content: Json = {"schema": schema} if media == _IMAGE else {"schema": schema, "example": example}
    return {"description": text, "content": {media: content}}


def operation(
    summary: str,
    *,
    operation_id: str,
    success: Json,
    request_body: Json | None = None,
    parameters: Sequence[Json] = (),
    more: Mapping[int, str] | None = None,
) -> Json:
    """An operation of the tag ``wires``, with the errors that every write path has, and what ``more`` names by status.

    Who asks by an image gets an image whatever the status.
    """
    image = _IMAGE in _content(success)
    problems = {
        str(status): answer(text, example=None, media=_IMAGE) if image else _problem(status, text)
        for status, text in {**_ANSWERS, **(more or {})}.items()
    }
    found: dict[str, object] = {
        "summary": summary,
        "operationId": operation_id,
        "tags": ["wires"],
        "responses": {"200": success, **problems},
    }
    if request_body is not None:
        found["requestBody"] = request_body
    if parameters:
        found["parameters"] = list(parameters)
    return found


def accepted(example: Json | None = None) -> Json:
    """The answer after the commit."""
    return answer("every event is durable: accepted, or in quarantine", example=example or {"success": True})


def _content(response: Json) -> Mapping[str, object]:
    found = response.get("content")
    return found if isinstance(found, Mapping) else {}


def _problem(status: int, text: str) -> Json:
    if status < 400:
        return {"description": text}
    return answer(text, example=_PROBLEM if status == 401 else {**_PROBLEM, "code": "…", "message": "…"})
