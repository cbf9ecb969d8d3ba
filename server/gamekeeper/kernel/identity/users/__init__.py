"""Accounts of people, in all organizations at once."""
