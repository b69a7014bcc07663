"""`apply`: definitions from files, with plan and diff."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ninefold.base import invalid

from . import show
from .platform import session
from .who import ruling

_REASON = "ninefold apply"
_COLOURS = {"create": "green", "update": "yellow", "same": "dim", "error": "red"}


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command()(apply)


def apply(
    paths: Annotated[list[Path], typer.Argument(help="YAML or JSON files, or folders of them")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change and stop")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    json: Annotated[bool, typer.Option("--json", help="print the plan for machines")] = False,
) -> None:
    """Apply definitions (segments, tags, campaigns, channels, mappings, identity rules): plan, diff, apply.

    Identity rules are simulated for the plan; applying them replays history, so that people change with them.
    """
    documents = read_documents(paths)
    with session() as client:
        plan = client.post("/v1/definitions/plan", {"documents": documents})
        later = {change["kind"] for change in plan["changes"] if change["later"]} if plan["ok"] else set()
        drafts = [ruling.drafted(client, one, reason=_REASON) for one in documents if one["kind"] in later]
        _show(plan, drafts, json=json)
        changed = [change for change in plan["changes"] if change["action"] in {"create", "update"}]
        if not plan["ok"]:
            raise typer.Exit(2)
        if dry_run or not changed or not (yes or json or _confirmed(len(changed))):
            for draft in drafts:
                client.post(f"{ruling.PATH}/{draft['id']}/discard", {"reason": "only planned"})
            if dry_run or not changed:
                return
            raise typer.Abort
        at_once = [one for one in documents if one["kind"] not in later]
        done = client.post("/v1/definitions/apply", {"documents": at_once}) if at_once else plan
        for draft in drafts if done["ok"] else ():
            ruling.applied(client, draft["id"])
    if not done["ok"]:
        _print(done)
        raise typer.Exit(2)
    if not json:
        show.out.print(f"{len(changed)} applied.")


def _show(plan: dict[str, Any], drafts: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        show.as_json({**plan, "rule_changes": drafts} if drafts else plan)
        return
    _print(plan)
    for draft in drafts:
        ruling.tell(draft)


def _confirmed(changes: int) -> bool:
    return typer.confirm(f"Apply {changes} changes?", err=True)


def read_documents(paths: list[Path]) -> list[dict[str, Any]]:
    """The documents of files and folders; a YAML file may hold several, separated by ``---``.

    Raises:
        Error: invalid, naming file and line.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(file for file in path.rglob("*") if file.suffix in {".yaml", ".yml", ".json"})
        elif path.is_file():
            files.append(path)
        else:
            raise invalid("no_such_file", f"there is no file or folder {path}", field="paths", got=path)
    documents = [document for file in files for document in _read(file)]
    if not documents:
        raise invalid(
            "no_documents",
            "no documents found",
            field="paths",
            got=", ".join(map(str, paths)),
            allowed="*.yaml, *.yml, *.json",
        )
    return documents


def _read(file: Path) -> list[dict[str, Any]]:
    import yaml  # noqa: PLC0415

    try:
        loaded = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise invalid("bad_yaml", f"{file} cannot be read: {exc}", field="paths", got=file) from exc
    documents: list[dict[str, Any]] = []
    for document in loaded:
        if document is None:
            continue
        if not isinstance(document, dict) or "kind" not in document:
            raise invalid("bad_document", f"a document in {file} has no kind", field="kind", got=str(document)[:80])
        documents.append(document)
    return documents


def _print(plan: dict[str, Any]) -> None:
    for change in plan["changes"]:
        colour = _COLOURS[change["action"]]
        show.out.print(
            f"[{colour}]{change['action']:>6}[/] {change['kind']} [bold]{change['key']}[/]"
            + (f" (version {change['version']})" if change["version"] else "")
        )
        for sentence in change["advice"]:
            show.out.print(f"         {sentence}", markup=False, style="yellow")
        if problem := change["problem"]:
            for name in ("message", "field", "got", "allowed", "hint"):
                if problem.get(name):
                    show.out.print(f"         {name}: {problem[name]}", markup=False)
        elif change["action"] == "update":
            for line in change["diff"]:
                show.out.print(
                    f"         {line}",
                    markup=False,
                    style="green" if line.startswith("+") else "red" if line.startswith("-") else "dim",
                )
