"""Where the SDKs of Node and the browser are, which `make sdks` installs."""

import shutil
from pathlib import Path

import pytest

NODE = Path(__file__).parent / "node"
MODULES = NODE / "node_modules"


def need_sdks() -> str:
    """The path of Node, with the SDKs installed; without them the test is skipped: npm's registry is not everywhere."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("no Node on this machine")
    if not (MODULES / ".package-lock.json").exists():
        pytest.skip("the SDKs of Node are not installed (make sdks)")
    return path
