"""What the agent asks of the machine it runs on; each system has one room that answers."""

from typing import Protocol


class ScreenMissing(Exception):
    """There is no screen that this agent can see."""


class Desktop(Protocol):
    """The seam between the agent's logic and an operating system."""

    def has_overlay(self) -> bool:
        """Whether an overlay window can be shown right now. Asks the display, so it takes a moment."""
        ...

    def has_screen(self) -> bool:
        """Whether a picture of the screen can be taken right now."""
        ...

    def screenshot(self) -> bytes:
        """All screens as one PNG. Raises ScreenMissing."""
        ...

    def overlay_command(self) -> list[str]:
        """The program that shows the overlay, with its first arguments."""
        ...

    def reboot_command(self) -> list[str]:
        """The program that reboots the machine."""
        ...
