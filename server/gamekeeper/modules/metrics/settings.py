"""How long readings are kept."""

from datetime import timedelta
from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MetricsSettings(BaseSettings):
    """Environment variables `GAMEKEEPER_READINGS_*`."""

    model_config = SettingsConfigDict(env_prefix="GAMEKEEPER_READINGS_", extra="ignore", env_ignore_empty=True)

    raw_days: int = Field(14, ge=1, le=400, description="Days that every single reading is kept.")
    five_minutes_days: int = Field(120, ge=1, le=1200, description="Days that five-minute roll-ups are kept.")
    hour_days: int = Field(730, ge=1, le=7300, description="Days that hourly roll-ups are kept.")

    @property
    def raw(self) -> timedelta:
        """Age at which single readings go; nothing older is taken from an agent either."""
        return timedelta(days=self.raw_days)

    @property
    def five_minutes(self) -> timedelta:
        """Age at which five-minute roll-ups go."""
        return timedelta(days=self.five_minutes_days)

    @property
    def hour(self) -> timedelta:
        """Age at which hourly roll-ups go."""
        return timedelta(days=self.hour_days)


@cache
def metrics_settings() -> MetricsSettings:
    """The settings of this process, read once."""
    return MetricsSettings.model_validate({})
