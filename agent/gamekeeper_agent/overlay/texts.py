"""Every word that the overlay shows."""

TITLE = "Gamekeeper"
NOTICE = "Gamekeeper: notice"
LOCKED = "This seat is locked"
ASK = "Ask at the desk"
TECHNICIAN = "Technician"
OBSERVING = "Shown as a window because this machine is no kiosk. On a kiosk it covers the screen."


def seat(label: str) -> str:
    """A seat's name as a person says it: "Seat 14" for "14", a name of letters as it is."""
    return f"Seat {label}" if label[:1].isdigit() else label


def time_left(milliseconds: int) -> str:
    """Minutes while there are any, then seconds: "4 min left", "58 s left"."""
    seconds = -(-max(0, milliseconds) // 1000)
    if seconds > 60:
        return f"{-(-seconds // 60)} min left"
    return f"{seconds} s left"
