"""Readings of the machine: taken, kept on disk, given up only when the server has them."""
