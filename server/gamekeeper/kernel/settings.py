"""What can be configured, from the environment only: every setting, its default and its meaning."""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables `GAMEKEEPER_*`; `DATABASE_URL` and `REDIS_URL` have no prefix."""

    model_config = SettingsConfigDict(env_prefix="GAMEKEEPER_", extra="ignore", env_ignore_empty=True)

    data: Path = Field(default=Path("data"), description="Folder of the embedded database, keys and files.")
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 15 or newer, as the owner of the database. Empty: the embedded one.",
    )
    database_app_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_APP_URL",
        description="The application role's own URL, where the owner may not create roles.",
    )
    database_role_prefix: str = Field(
        default="gamekeeper",
        pattern=r"^[a-z][a-z0-9_]{0,40}$",
        description="Prefix of the roles `_app`, `_ingest` and `_system`, for two installations in one cluster.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        validation_alias="REDIS_URL",
        description="Hints and rate limits of all processes together; needed from the second node on.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web server listens on.")
    port: int = Field(default=8470, ge=1, le=65535, description="Port of the web server.")
    agent_host: str = Field(default="127.0.0.1", description="Address that the agent gateway listens on.")
    agent_port: int = Field(default=8471, ge=1, le=65535, description="Port of the agent gateway (mutual TLS).")
    agent_public_host: str = Field(default="", description="Host that agents are told; empty: agent_host.")
    own_agent: bool = Field(default=True, description="`gamekeeper up` also enrols and runs this machine's own agent.")
    agent_certificate_days: int = Field(
        default=14, ge=1, le=30, description="Days that a device's certificate lasts; it is renewed after two thirds."
    )
    agent_heartbeat_seconds: int = Field(
        default=30,
        ge=5,
        le=300,
        description="Seconds between an agent's heartbeats; after two and a half of them a device is degraded.",
    )
    agent_metrics_seconds: int = Field(default=60, ge=10, le=3600, description="Seconds between an agent's readings.")
    public_url: str = Field(default="", description="The address that people type; empty: host and port.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Addresses or networks, comma-separated, whose X-Forwarded-For is believed."
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that wrap every secret; empty: a file in the data folder.",
    )
    master_key_retired: SecretStr | None = Field(
        default=None, description="Earlier master keys, comma-separated, until `gamekeeper secrets rotate` is through."
    )
    admin_email: str | None = Field(default=None, description="E-mail of the first owner, made once.")
    admin_password: SecretStr | None = Field(default=None, description="Password of that first owner.")
    smtp_url: SecretStr | None = Field(default=None, description="smtp(s)://user:password@host:port for outgoing mail.")
    mail_from: str = Field(default="Gamekeeper <gamekeeper@localhost>", description="Sender of outgoing mail.")
    files_url: str = Field(
        default="", description="Where files live: empty for the data folder, or s3://, gs://, az://."
    )
    metrics_token: SecretStr | None = Field(
        default=None, description="Bearer token for /metrics; empty: only programs of this machine may read it."
    )
    keep_signins_days: int = Field(default=30, ge=1, le=3650, description="Days that an ended sign-in is kept.")
    keep_requests_days: int = Field(
        default=2, ge=1, le=90, description="Days that a request with an Idempotency-Key is known again."
    )
    keep_jobs_days: int = Field(default=2, ge=1, le=365, description="Days that a job that was done is kept.")
    keep_failed_jobs_days: int = Field(default=30, ge=1, le=3650, description="Days that a failed job is kept.")
    keep_live_events_days: int = Field(
        default=30,
        ge=2,
        le=3650,
        description="Days that events are kept that nobody audits, such as a device's state.",
    )
    keep_audit_days: int | None = Field(
        default=None, ge=90, le=36_500, description="Days that audited events are kept; without it for good."
    )
    keep_commands_days: int = Field(default=90, ge=1, le=3650, description="Days that a finished command is kept.")
    keep_device_logs_days: int = Field(default=30, ge=1, le=3650, description="Days that agents' logs are kept.")
    keep_certificates_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days that certificates and claim tokens are kept after their end; a device's last one stays.",
    )
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least severe lines.")
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$", description="auto: a terminal gets text.")
    database_pool: int = Field(default=10, ge=2, le=200, description="Connections of each of a process's two pools.")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/")):
            msg = "must be a whole address without a path, such as https://play.example.org"
            raise ValueError(msg)
        return value.rstrip("/")

    @cached_property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The trusted proxies as networks; a malformed one is a ValueError at start."""
        return tuple(ip_network(part, strict=False) for part in self.trusted_proxies)

    @property
    def origin(self) -> str:
        """Scheme, host and port that browsers use."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
