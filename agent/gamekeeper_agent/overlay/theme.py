"""The dark half of the web's design tokens: ink on paper, colour only for state."""

from tkinter import Tk
from tkinter.font import Font, families

PAPER = "#0f1114"
SURFACE = "#15181c"
INK = "#e8ebee"
INK_2 = "#b3bac2"
INK_3 = "#98a1ab"
LINE = "#2b3037"
ACT = "#74b3ff"
SOON = "#f2b544"
HOLD = "#bda4fa"

DRAIN = 4
DRAIN_SOON = 7
SPACE = 4

_FACES = ("Segoe UI", "Roboto", "Noto Sans", "Helvetica Neue", "Liberation Sans", "DejaVu Sans", "Arial")


def font(root: Tk, size: int, *, is_bold: bool = False) -> Font:
    """The first of our faces that this machine has, `size` in pixels."""
    present = set(families(root))
    face = next((each for each in _FACES if each in present), "TkDefaultFont")
    return Font(root, family=face, size=-size, weight="bold" if is_bold else "normal")
