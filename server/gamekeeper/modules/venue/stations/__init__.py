"""Seats: what a seat shall be, what it reports, and what the floor shows."""
