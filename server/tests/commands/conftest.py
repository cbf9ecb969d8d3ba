"""A data folder and an environment of its own for every test of the command line."""

import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.running import data_folder, environment_for

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def data() -> Generator[Path]:
    """A data folder of this test."""
    with data_folder() as folder:
        yield folder


@pytest.fixture
def environment(data: Path) -> dict[str, str]:
    """The environment of this test's processes."""
    return environment_for(data)


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run `gamekeeper` to its end; keywords are further environment variables."""

    def run(*arguments: str | Path, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "gamekeeper", *map(str, arguments)],
            env={**environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )

    return run
