"""SQL stands in queries; what is pure knows no clock, no chance, no settings and no outside world."""

import ast
import re
from collections.abc import Iterator

from .house import Module, hand_written, listing

_SQL = re.compile(
    r"""\bSELECT\b.*\bFROM\b | \bINSERT\s+INTO\s+[\w`"{] | \bUPDATE\s+\S+\s+SET\b | \bDELETE\s+FROM\s+[\w`"{]
      | \b(CREATE|ALTER|DROP|TRUNCATE)\s+(TABLE|DATABASE|INDEX|VIEW|SCHEMA|SEQUENCE)\b
      | ^\s*(select|with)\s+[^.;]*\bfrom\s+\w+ | ^\s*WITH\s+\w+\s+AS\s*\( | \b(GROUP|ORDER|PARTITION)\s+BY\s+[\w`"{]""",
    re.VERBOSE | re.DOTALL,
)
_CLOCK_IN_SQL = re.compile(
    r"\b(now|now64|today|yesterday|rand|rand32|rand64|generateUUIDv4|generateUUIDv7|gen_random_uuid|clock_timestamp|"
    r"statement_timestamp|transaction_timestamp|currentDatabase)\s*\(|\b(CURRENT_TIMESTAMP|CURRENT_DATE)\b"
)
_RAW = {"sa.text", "sqlalchemy.text", "text", "sa.literal_column", "literal_column"}
_PURE = {"model", "rules", "queries"}
_OUTSIDE = {
    "aiosmtplib", "asyncio", "clickhouse_connect", "httpx", "logging", "os", "pathlib", "psycopg", "pydantic_settings",
    "random", "requests", "secrets", "shutil", "smtplib", "socket", "structlog", "subprocess", "sys", "tempfile",
    "threading", "time", "urllib3",
}  # fmt: skip
_OUTSIDE_NAMES = {
    "Connection", "DataFolder", "EmbeddedPostgres", "Engine", "Events", "Records", "Settings", "SystemClock",
    "load_settings", "uuid1", "uuid4", "uuid7", "default_rng", "Generator", "RandomState",
}  # fmt: skip
_OUTSIDE_CALLS = re.compile(
    r"(^|\.)(now|utcnow|today|uuid1|uuid4|uuid7|default_rng|getenv|execute|connect|scalar|scalars|urlopen|import_module|"
    r"read_text|write_text|read_bytes|write_bytes)$|^(open|print|input|exec|eval)$|(^|\.)random\.\w+$|(^|\.)environ\b"
)


def is_queries(module: Module) -> bool:
    return module.package == "store" or "queries" in module.parts


def is_pure(module: Module) -> bool:
    return bool(_PURE & set(module.parts)) and module.package not in {"", "store"}


def _strings(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """String constants and f-strings that are not docstrings, with their text."""
    documentation = module.docstrings()
    inside = {id(part) for node in ast.walk(module.tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr):
            yield node, "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation | inside:
            yield node, node.value


def _shown(text: str) -> str:
    return " ".join(text.split())[:70]


def test_sql_text_stands_in_queries() -> None:
    breaches = []
    for module in hand_written():
        if is_queries(module):
            continue
        breaches += [f"{module.at(node)} {_shown(text)}" for node, text in _strings(module) if _SQL.search(text)]
        if module.parts[-1] == "tables":  # conditions of indexes and defaults of columns are text
            continue
        breaches += [
            f"{module.at(node)} {_shown(ast.unparse(node))}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _RAW and "sqlalchemy" in module.text
        ]
    assert not breaches, listing(breaches, "SQL text belongs into queries.py (or queries/) of its package:")


def test_no_value_is_written_into_sql() -> None:
    """In an f-string of SQL only names of constants (ALL_CAPS) may stand: fragments of SQL written in this source."""
    breaches = []
    for module in hand_written():
        if module.package == "store":  # makes tables: its names come from the table specifications
            continue
        for node, text in _strings(module):
            if not isinstance(node, ast.JoinedStr) or not _SQL.search(text):
                continue
            values = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
            if not all(isinstance(value, ast.Name) and value.id.isupper() for value in values):
                breaches.append(f"{module.at(node)} {_shown(ast.unparse(node))}")
        for node in ast.walk(module.tree):
            match node:
                case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()) if _SQL.search(text):
                    breaches.append(f"{module.at(node)} {_shown(text)}")
                case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")) if _SQL.search(
                    text
                ):
                    breaches.append(f"{module.at(node)} {_shown(text)}")
                case _:
                    pass
    advice = "Bind values as parameters ({name:Type}, bindparam) and compose SQL as sqlglot or SQLAlchemy trees:"
    assert not breaches, listing(breaches, advice)


def _impurity(node: ast.AST) -> str:
    match node:
        case ast.Import(names=names):
            return next((f"import {a.name}" for a in names if a.name.split(".")[0] in _OUTSIDE), "")
        case ast.ImportFrom(module=str(name), level=0) if name.split(".")[0] in _OUTSIDE:
            return f"from {name} import"
        case ast.ImportFrom(names=names):
            return next((f"import of {a.name}" for a in names if a.name in _OUTSIDE_NAMES), "")
        case ast.Call(func=func):
            return f"{ast.unparse(func)}(...)" if _OUTSIDE_CALLS.search(ast.unparse(func)) else ""
        case ast.AsyncFunctionDef(name=name):
            return f"async def {name}"
        case _:
            return ""


def test_pure_files_know_neither_clock_nor_chance_nor_the_outside() -> None:
    breaches = [
        f"{module.at(node)} {impurity}"
        for module in hand_written()
        if is_pure(module)
        for node in ast.walk(module.tree)
        if (impurity := _impurity(node))
    ]
    advice = "model, rules and queries are pure: time, ids, seeds and rows are arguments; do this in service.py:"
    assert not breaches, listing(breaches, advice)


def test_pure_sql_knows_neither_clock_nor_chance() -> None:
    breaches = [
        f"{module.at(node)} {_shown(text)}"
        for module in hand_written()
        if is_pure(module) and "queries" in module.parts
        for node, text in _strings(module)
        if _CLOCK_IN_SQL.search(text)
    ]
    assert not breaches, listing(breaches, "Bind the time, the date or the seed as a parameter:")
