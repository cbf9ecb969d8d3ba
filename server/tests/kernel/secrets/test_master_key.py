"""The master key: from the environment, from its file, made once."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from gamekeeper.kernel.keys.master_key import (
    MasterKeyBroken,
    MasterKeyExposed,
    forget_retired,
    master_key,
    replace_file,
    retired_keys,
)
from gamekeeper.kernel.settings import Settings


def test_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(master_key, [settings] * 8))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_environment_wins_and_makes_no_file(tmp_path: Path) -> None:
    key = bytes(range(32))
    settings = Settings(data=tmp_path, master_key=SecretStr(base64.b64encode(key).decode()))
    assert master_key(settings) == key
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 31).decode(), "%" * 44])
def test_a_damaged_key_is_named_and_never_replaced(tmp_path: Path, text: str) -> None:
    file = tmp_path / "master.key"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(MasterKeyBroken, match=r"master\.key is not 32 bytes"):
        master_key(Settings(data=tmp_path))
    assert file.read_text() == text


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    master_key(settings)
    (tmp_path / "master.key").chmod(0o640)
    with pytest.raises(MasterKeyExposed, match="chmod 600"):
        master_key(settings)


def test_a_replaced_key_is_retired_until_it_is_forgotten(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    old = master_key(settings)
    assert retired_keys(settings) == []
    replace_file(settings)
    new = master_key(settings)
    assert new != old
    assert retired_keys(settings) == [old]
    # Interrupted and begun again: the same new key.
    replace_file(settings)
    assert master_key(settings) == new
    forget_retired(settings)
    assert retired_keys(settings) == []
