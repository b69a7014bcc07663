"""The OpenAPI description: what FastAPI says, the paths of the collector's wires, and an example of every call.

The examples are the calls of `story/*.yaml`: a story that a test plays from the first line to the last, so all of
them work. A new route comes with its own call there: ``call``, and as needed ``path``, ``query``, ``body``, ``form``,
``answer``.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypedDict

import yaml
from fastapi import FastAPI


class Call(TypedDict, total=False):
    """One call of the story.

    Attributes:
        call: method and path as the description names them, e.g. ``POST /v1/campaigns/{key}/run``.
        path: values of the parameters in the path.
        query: values of the parameters in the query.
        body: the JSON body.
        form: the fields of a form; ``file`` is the content of the sent file.
        answer: the JSON answer, or text.
    """

    call: str
    path: dict[str, Any]
    query: dict[str, Any]
    body: Any
    form: dict[str, str]
    answer: Any


def story() -> list[Call]:
    """All calls, in the order in which they work."""
    folder = files("ninefold.api.description").joinpath("story")
    chapters = sorted(one.name for one in folder.iterdir() if one.name.endswith(".yaml"))
    return [call for name in chapters for call in yaml.safe_load(folder.joinpath(name).read_text(encoding="utf-8"))]


class DescribedApi(FastAPI):
    """An application whose description has the examples, and paths that FastAPI does not know.

    Attributes:
        more_paths: OpenAPI path items of plain routes, by path.
    """

    more_paths: Mapping[str, object] = {}

    def openapi(self) -> dict[str, Any]:
        """The description; made when it is asked for the first time."""
        if self.openapi_schema is None:
            description = super().openapi()
            description["paths"] |= self.more_paths
            for call in story():
                method, _, path = call["call"].partition(" ")
                if operation := description["paths"].get(path, {}).get(method.lower()):
                    _add(operation, call)
        return super().openapi()


def _add(operation: dict[str, Any], call: Call) -> None:
    given = {**call.get("path", {}), **call.get("query", {})}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in given:
            parameter["example"] = given[parameter["name"]]
    sent = call.get("body", call.get("form"))
    if sent is not None:
        for content in operation["requestBody"]["content"].values():
            content["example"] = sent
    if "answer" in call:
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for content in response.get("content", {}).values():
                    content["example"] = call["answer"]
