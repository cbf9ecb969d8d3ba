"""How long claim tokens, and machines that asked to join and never came back for the answer, are kept."""

from datetime import timedelta

from gamekeeper.kernel.housekeeping.lifetimes import forget

forget("enrolment_requests", "r.expires_at <= $1")
forget("claim_tokens", "r.expires_at < $1", lambda settings: timedelta(days=settings.keep_certificates_days))
