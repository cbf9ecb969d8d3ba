"""How long sign-ins are kept, and what ends with a link or with the memory of a failure."""

from datetime import timedelta

from gamekeeper.kernel.housekeeping.lifetimes import forget

# From the address of an ended sign-in the owner of an account is known.
forget("auth_sessions", "r.ended_at < $1", lambda settings: timedelta(days=settings.keep_signins_days), global_=True)
forget("auth_sessions", "r.expires_at < $1", lambda settings: timedelta(days=settings.keep_signins_days), global_=True)
forget("setup_links", "r.expires_at < $1", key=("token_hash",), global_=True)
forget("password_resets", "r.expires_at < $1", key=("user_id",), global_=True)
forget("signin_failures", "r.last_at < $1", lambda _: timedelta(days=1), key=("key",), global_=True)
