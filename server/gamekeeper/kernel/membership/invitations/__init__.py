"""Invitations of people who may not have an account yet."""
