"""The pieces of code in the guide check signatures as they are made: in Python and in Node."""

import base64
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ninefold.base import secret_bytes, sign_post

_GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "change-feed.md"
_SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes long").decode()
_BODY = '{"type":"changes","changes":[{"customer":"李雷"}]}'
_PYTHON = """import sys
print(verify(sys.argv[1], {sys.argv[k]: sys.argv[k + 1] for k in (2, 4, 6)}, sys.argv[8].encode()))"""
_NODE = """const [secret, ...rest] = process.argv.slice(1);
const headers = {};
for (const k of [0, 2, 4]) headers[rest[k]] = rest[k + 1];
console.log(verify(secret, headers, Buffer.from(rest[6])));"""
_RUNS = {"python": ([sys.executable, "-c"], _PYTHON), "javascript": (["node", "-e"], _NODE)}


def _piece(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```", _GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def _says(language: str, *, body: str = _BODY, age: int = 0, secret: str = _SECRET) -> bool:
    command, call = _RUNS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on this machine")
    stamp = int(time.time()) - age
    old = sign_post(b"another", "msg_1", stamp, _BODY.encode())
    signature = f"{old} {sign_post(secret_bytes(_SECRET), 'msg_1', stamp, _BODY.encode())}"
    headers = ("webhook-id", "msg_1", "webhook-timestamp", str(stamp), "webhook-signature", signature)
    arguments = [*command, f"{_piece(language)}\n{call}", secret, *headers, body]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip().lower() == "true"


@pytest.mark.parametrize("language", sorted(_RUNS))
def test_the_guide_checks_signatures(language: str) -> None:
    assert _says(language)
    assert not _says(language, body=_BODY.replace("李雷", "韩梅梅")), "another body"
    assert not _says(language, age=3_600), "an old post played again"
    other = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
    assert not _says(language, secret=other), "another secret"
