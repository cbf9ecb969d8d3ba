"""`python -m gamekeeper` is the command `gamekeeper`."""

from gamekeeper.cli import main

main()
