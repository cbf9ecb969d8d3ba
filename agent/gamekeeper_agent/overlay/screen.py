"""The overlay's windows: the lock over everything, the banner, the draining line."""

from tkinter import Canvas, TclError, Tk, Toplevel

from gamekeeper_agent.overlay import texts, theme
from gamekeeper_agent.overlay.countdown import Countdown
from gamekeeper_wire.station import Lock

_BANNER = (360, 76)
_WINDOW = (640, 360)


class Screen:
    """Draws a countdown; `shown` says what can really be seen."""

    def __init__(self, *, is_kiosk: bool) -> None:
        """Opens the display; nothing is visible yet."""
        self._is_kiosk = is_kiosk
        self._root = Tk(className=texts.TITLE)
        self._root.withdraw()
        self._big = theme.font(self._root, 72 if is_kiosk else 40, is_bold=True)
        self._figure = theme.font(self._root, 28, is_bold=True)
        self._seat = theme.font(self._root, 20)
        self._small = theme.font(self._root, 13)
        self._lock, self._lock_canvas = self._window(texts.TITLE)
        self._banner, self._banner_canvas = self._window(texts.NOTICE)
        self._line, self._line_canvas = self._window(texts.NOTICE)
        self._drawn: tuple[object, ...] = ()
        if not is_kiosk:
            # An ordinary window may be put away; it only shows what a kiosk would do.
            self._lock.protocol("WM_DELETE_WINDOW", self._lock.iconify)

    def draw(self, countdown: Countdown, ticks_ms: int) -> None:
        """Bring the windows to this moment. Raises TclError when the display is gone."""
        lock = countdown.lock(ticks_ms)
        if lock is Lock.LOCKED:
            self._hide(self._banner, self._line)
            self._draw_lock(countdown)
        else:
            self._release()
            self._hide(self._lock)
            self._draw_banner(countdown, lock, ticks_ms)
        self._root.update()

    def shown(self) -> Lock:
        """What the windows' real state amounts to: locked only if the lock is there and whole."""
        if self._lock.winfo_viewable() and self._covers():
            return Lock.LOCKED
        if not self._is_kiosk and self._lock.state() == "iconic":
            return Lock.LOCKED
        return Lock.UNLOCKED

    def close(self) -> None:
        """Take everything away."""
        self._root.destroy()

    def _window(self, title: str) -> tuple[Toplevel, Canvas]:
        window = Toplevel(self._root, background=theme.PAPER, class_=texts.TITLE)
        window.withdraw()
        window.title(title)
        canvas = Canvas(window, background=theme.PAPER, highlightthickness=0)
        canvas.pack(fill="both", expand=True)
        if self._is_kiosk:
            window.overrideredirect(boolean=True)
            window.tk.call("wm", "attributes", window, "-topmost", 1)
        return window, canvas

    def _size(self) -> tuple[int, int]:
        return (self._root.winfo_screenwidth(), self._root.winfo_screenheight()) if self._is_kiosk else _WINDOW

    def _covers(self) -> bool:
        if not self._is_kiosk:
            return True
        width, height = self._size()
        return self._lock.winfo_width() >= width and self._lock.winfo_height() >= height

    def _draw_lock(self, countdown: Countdown) -> None:
        width, height = self._size()
        if self._is_kiosk:
            self._lock.geometry(f"{width}x{height}+0+0")
        if not self._lock.winfo_viewable() and self._lock.state() != "iconic":
            self._lock.geometry(f"{width}x{height}")
            self._lock.deiconify()
        if self._is_kiosk:
            self._hold()
        drawn = (countdown.message.label, width, height)
        if self._drawn != drawn:
            self._drawn = drawn
            self._write_lock(countdown, width, height)

    def _write_lock(self, countdown: Countdown, width: int, height: int) -> None:
        canvas, middle = self._lock_canvas, height // 2
        canvas.delete("all")
        margin = theme.SPACE * 12
        canvas.create_text(
            margin, margin, anchor="nw", text=texts.seat(countdown.message.label), font=self._figure, fill=theme.INK
        )
        canvas.create_text(margin, middle, anchor="sw", text=texts.LOCKED, font=self._big, fill=theme.INK)
        # The line that time drains from, empty.
        canvas.create_rectangle(
            margin, middle + 24, width - margin, middle + 24 + theme.DRAIN, fill=theme.LINE, width=0
        )
        canvas.create_text(
            margin,
            middle + 48,
            anchor="nw",
            text=texts.ASK,
            font=self._figure if self._is_kiosk else self._seat,
            fill=theme.INK_2,
        )
        if not self._is_kiosk:
            canvas.create_text(
                margin,
                height - margin // 2,
                anchor="sw",
                text=texts.OBSERVING,
                font=self._small,
                fill=theme.INK_3,
                width=width - 2 * margin,
            )

    def _hold(self) -> None:
        """Stay above everything and take the keyboard; a game that holds it lets go sooner or later."""
        _raise(self._lock)
        try:
            self._lock.focus_force()
            if self._lock.grab_status() != "global":
                self._lock.grab_set_global()
        except TclError:
            # Held by another window, or not viewable yet: asked again at the next drawing.
            return

    def _release(self) -> None:
        if self._lock.grab_status():
            self._lock.grab_release()

    def _draw_banner(self, countdown: Countdown, lock: Lock, ticks_ms: int) -> None:
        if lock is Lock.UNLOCKED:
            self._hide(self._banner, self._line)
            return
        width = self._root.winfo_screenwidth()
        colour = theme.HOLD if lock is Lock.TECHNICIAN else theme.SOON
        if self._is_kiosk and lock is Lock.WARNING:
            self._place(self._line, width, theme.DRAIN_SOON, 0, 0)
            self._drain(self._line_canvas, 0, width, theme.DRAIN_SOON, countdown.part(ticks_ms))
        if not countdown.has_banner(ticks_ms):
            self._hide(self._banner)
            return
        wide, high = _BANNER
        self._place(self._banner, wide, high, width - wide - 24, 24)
        text = texts.TECHNICIAN if lock is Lock.TECHNICIAN else texts.time_left(countdown.left(ticks_ms))
        canvas = self._banner_canvas
        if self._drawn == (lock, text):
            return
        self._drawn = (lock, text)
        canvas.delete("all")
        canvas.configure(background=theme.SURFACE)
        # A square: a person holds it. A triangle: a person is needed.
        glyph = (22, 24, 42, 24, 42, 44, 22, 44) if lock is Lock.TECHNICIAN else (20, 44, 32, 24, 44, 44)
        canvas.create_polygon(*glyph, fill="", outline=colour, width=3)
        canvas.create_text(60, 34, anchor="w", text=text, font=self._figure, fill=theme.INK)
        self._drain(canvas, high - theme.DRAIN_SOON, wide, high, countdown.part(ticks_ms), colour)

    def _drain(self, canvas: Canvas, top: int, width: int, bottom: int, part: float, colour: str = theme.SOON) -> None:
        canvas.delete("drain")
        canvas.create_rectangle(0, top, width, bottom, fill=theme.LINE, width=0, tags="drain")
        canvas.create_rectangle(0, top, int(width * part), bottom, fill=colour, width=0, tags="drain")

    def _place(self, window: Toplevel, width: int, height: int, left: int, top: int) -> None:
        window.geometry(f"{width}x{height}+{left}+{top}")
        if not window.winfo_viewable():
            window.deiconify()
        if self._is_kiosk:
            _raise(window)

    def _hide(self, *windows: Toplevel) -> None:
        for window in windows:
            if window.state() != "withdrawn":
                window.withdraw()


def _raise(window: Toplevel) -> None:
    window.tk.call("raise", window)
