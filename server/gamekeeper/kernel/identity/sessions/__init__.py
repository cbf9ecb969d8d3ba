"""Sign-ins that last: access tokens, refresh tokens, the list of one's sessions."""
