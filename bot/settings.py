"""All settings, read once at start from the environment or .env; nobody else reads the environment."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.desk.hours import Hours
from bot.errors import HoursError, SettingError

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator can set; every field is described in .env.example."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Field(default=ROOT / "var", description="Everything the service writes lies below this folder")
    database_url: str = Field(default="", description="Empty: SQLite in DATA_DIR. Else postgresql+psycopg://…")
    host: str = Field(default="127.0.0.1", description="Address the web chat listens on")
    port: int = Field(default=8080, ge=1, le=65535, description="Port of the web chat")
    guides_dir: Path = Field(default=ROOT / "knowledge" / "guides", description="Folder of guide files (*.yml)")
    encoder: str = Field(default=str(ROOT / "knowledge" / "encoder"), description="sentence-transformers model")
    rasa_urls: str = Field(default="", description="Comma-separated Rasa addresses; empty: start Rasa ourselves")
    rasa_token: SecretStr = Field(default=SecretStr(""), description="Token of those Rasa servers")
    rasa_port: int = Field(default=5005, ge=1, le=65535, description="Loopback port of the Rasa we start")
    rasa_timeout_s: float = Field(default=1.0, gt=0, description="Answer without Rasa after this long")
    telegram_token: SecretStr = Field(default=SecretStr(""), description="Bot token; empty: no Telegram")
    telegram_api_url: str = Field(default="https://api.telegram.org", description="Address of the Bot API")
    telegram_webhook_url: str = Field(default="", description="Public https address; empty: polling")
    telegram_webhook_secret: SecretStr = Field(default=SecretStr(""), description="Secret token of the webhook")
    # Telegram takes 20 a minute. Source: Bot API FAQ (read 22 Nov 2026).
    telegram_group_per_minute: int = Field(default=18, ge=1, description="Messages a minute to one team's group")
    workers: int = Field(default=2, ge=1, le=64, description="Turns answered at the same time")
    chat_per_minute: int = Field(default=20, ge=0, description="Web messages of one conversation; 0: no limit")
    # Generous: a mobile network may show thousands of people under one address.
    address_per_minute: int = Field(default=120, ge=0, description="Web requests from one address; 0: no limit")
    burst_ms: int = Field(default=1500, ge=0, description="Short messages this close together are one question")
    context_minutes: int = Field(default=30, ge=1, description="How long follow-up questions keep their guide")
    desk_hours: str = Field(
        default="T2-T6 07:30-11:30 13:30-17:00", description="When teams work that have no hours of their own"
    )
    desk_remind_minutes: str = Field(default="10,20", description="Working minutes after which a team is reminded")
    desk_pass_on_minutes: int = Field(default=30, ge=1, description="Working minutes after which a ticket goes on")
    desk_digest_at: str = Field(default="07:30", description="When teams get their digest in Vietnam; off: never")
    desk_admin_chat: str = Field(default="", description="Telegram group that gets the digest of all teams")
    public_url: str = Field(default="http://localhost:8080", description="Address of this service in invitations")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("desk_remind_minutes")
    @classmethod
    def _increasing(cls, value: str) -> str:
        minutes = [int(part) if part.strip().isdecimal() else 0 for part in value.split(",")]
        if minutes != sorted({*minutes}) or minutes[0] < 1:
            raise ValueError("must be minutes in increasing order, like 10,20")
        return value

    @field_validator("desk_digest_at")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if value not in ("", "off") and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("must be a time like 07:30, or off")
        return value

    @field_validator("desk_admin_chat")
    @classmethod
    def _chat_id(cls, value: str) -> str:
        if value and not re.fullmatch(r"-?\d+", value):
            raise ValueError("must be the number of a Telegram group, like -1001234567890")
        return value

    @property
    def digest_at(self) -> time | None:
        """When the daily digest goes out, in Vietnam's time; None: never."""
        return None if self.desk_digest_at in ("", "off") else time.fromisoformat(self.desk_digest_at)

    @property
    def desk_reminders(self) -> tuple[int, ...]:
        """Minutes after which a team is reminded, in order."""
        return tuple(int(part) for part in self.desk_remind_minutes.split(","))

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the operational database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'tro-ly.db'}"

    @property
    def records(self) -> Path:
        """File of the imported procedure records."""
        return self.data_dir / "records" / "records.db"

    @property
    def rasa_replicas(self) -> list[str]:
        """Addresses of Rasa servers that somebody else runs."""
        return [url.strip().rstrip("/") for url in self.rasa_urls.split(",") if url.strip()]


def read_settings() -> Settings:
    """Return the settings; raise SettingError naming each wrong one."""
    try:
        settings = Settings()
    except ValidationError as exc:
        wrong = [f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in exc.errors(include_input=False)]
        raise SettingError("; ".join(wrong)) from exc
    try:
        Hours.parse(settings.desk_hours)
    except HoursError as exc:
        raise SettingError(f"DESK_HOURS: {exc}") from exc
    if settings.desk_pass_on_minutes <= settings.desk_reminders[-1]:
        raise SettingError("DESK_PASS_ON_MINUTES: must be more than the last of DESK_REMIND_MINUTES")
    if settings.telegram_webhook_url and not settings.telegram_webhook_secret.get_secret_value():
        raise SettingError("TELEGRAM_WEBHOOK_SECRET: needed with TELEGRAM_WEBHOOK_URL (1-256 letters, digits, _ or -)")
    return settings
