"""The hint that somebody's access changed."""

ACCESS = "access"
"""Its topic; the keys are ids of sign-ins, users, API tokens and organizations. No key: anybody's."""
