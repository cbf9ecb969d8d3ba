"""The seat's face: a window in a process of its own, told what to show and answering what it shows."""
