"""What a server may do to this machine; chosen at the machine, in a file that no server can write."""

from pathlib import Path

import msgspec
from msgspec import Struct

from gamekeeper_agent.files import write_atomically
from gamekeeper_wire.agent import Action, Mode

FILE = "policy.json"

_ALLOWED = {
    Mode.OBSERVE: frozenset({Action.RESTART, Action.LOGS, Action.SCREENSHOT}),
    Mode.CONTROL: frozenset(Action),
    Mode.KIOSK: frozenset(Action),
}


class UpdatePolicy(Struct, frozen=True, kw_only=True):
    """Whose updates are taken, and what installs one."""

    public_key: bytes
    """Raw Ed25519 key of whoever signs the updates."""
    command: list[str] | None = None
    """Run with the staged file's path as its last argument; None only stages it."""


class Policy(Struct, frozen=True, kw_only=True):
    """The machine owner's choice."""

    mode: Mode = Mode.OBSERVE
    screenshot: bool = True
    reboot_command: list[str] | None = None
    """Instead of the system's own."""
    update: UpdatePolicy | None = None

    def allows(self, action: Action) -> bool:
        """Whether a server may ask for this."""
        if action is Action.SCREENSHOT and not self.screenshot:
            return False
        return action in _ALLOWED[self.mode]

    def actions(self) -> list[str]:
        """Names of everything that is allowed."""
        return [action.value for action in Action if self.allows(action)]


class PolicyBroken(Exception):
    """The policy file cannot be read."""


def load_policy(folder: Path) -> Policy:
    """The policy of a state folder; without a file, nothing but observing. Raises PolicyBroken."""
    path = folder / FILE
    if not path.exists():
        return Policy()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Policy)
    except msgspec.DecodeError as error:
        raise PolicyBroken(f"{path}: {error}") from error


def save_policy(folder: Path, policy: Policy) -> None:
    """Write the policy, readable for a person."""
    write_atomically(folder / FILE, msgspec.json.format(msgspec.json.encode(policy), indent=2) + b"\n")
