"""Simulated machines that speak the real protocol with real certificates: for sizing, for tests and for the demo."""
