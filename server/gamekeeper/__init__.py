"""Gamekeeper runs the places where games are played: venues, servers, support and fleets."""

__version__ = "0.1.0"
