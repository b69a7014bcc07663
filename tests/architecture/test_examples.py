"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import ninefold

_WITH_EFFECTS = {"ninefold.__main__", "ninefold.store.records.env"}  # run when imported
_NAMES = sorted(
    module.name for module in pkgutil.walk_packages(ninefold.__path__, "ninefold.")
    if module.name not in _WITH_EFFECTS and ".versions." not in module.name
)  # fmt: skip


@pytest.mark.parametrize("name", _NAMES)
def test_the_examples_of_a_module_run_as_shown(name: str) -> None:
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    said: list[str] = []
    for test in finder.find(module, name):
        if test.examples:
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert not said, "".join(said)
