"""Linux with X11: pictures by mss, the overlay by Tk, reboot by systemd."""

import os
import subprocess
import sys
from contextlib import closing

from mss import MSS
from mss.exception import ScreenShotError
from mss.tools import to_png

from gamekeeper_agent.desktop import ScreenMissing

PROBE_SECONDS = 10


class LinuxDesktop:
    """The machine's X display, found by DISPLAY."""

    def has_overlay(self) -> bool:
        """Asks a short-lived process, because a lost display would take the agent down with it."""
        if not os.environ.get("DISPLAY"):
            return False
        try:
            probe = subprocess.run(  # noqa: S603 (our own program)
                [*self.overlay_command(), "--probe"], capture_output=True, timeout=PROBE_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return probe.returncode == 0

    def has_screen(self) -> bool:
        """Whether the display answers."""
        try:
            with closing(MSS()) as screens:
                return bool(screens.monitors)
        except (ScreenShotError, OSError):
            return False

    def screenshot(self) -> bytes:
        """All screens as one PNG. Raises ScreenMissing."""
        try:
            with closing(MSS()) as screens:
                shot = screens.grab(screens.monitors[0])
                picture = to_png(shot.rgb, shot.size)
        except (ScreenShotError, OSError) as error:
            raise ScreenMissing(str(error)) from error
        if picture is None:
            raise ScreenMissing("the picture is empty")
        return picture

    def overlay_command(self) -> list[str]:
        """The overlay runs with the agent's own Python."""
        return [sys.executable, "-m", "gamekeeper_agent.overlay"]

    def reboot_command(self) -> list[str]:
        """Asks systemd."""
        return ["systemctl", "reboot"]
