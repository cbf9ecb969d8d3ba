"""How long what agents wrote into their logs is kept. Of each device only the newest lines are, besides: see logs."""

from datetime import timedelta

from gamekeeper.kernel.housekeeping.lifetimes import MADE_BEFORE, forget

forget("device_log_lines", MADE_BEFORE, lambda settings: timedelta(days=settings.keep_device_logs_days))
