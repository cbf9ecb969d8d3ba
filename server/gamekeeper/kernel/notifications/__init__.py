"""Telling people who are not looking: outgoing mail."""
