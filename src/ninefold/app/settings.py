"""Settings: from the environment (``NINEFOLD_…``), then ``ninefold.toml``, then defaults.

Every setting stands in docs/reference/settings.md; a test keeps the page complete.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ninefold.base import invalid, zone_of


class Settings(BaseSettings):
    """What an installation can choose."""

    model_config = SettingsConfigDict(env_prefix="NINEFOLD_", toml_file="ninefold.toml", extra="forbid", frozen=True)

    data_dir: Path = Field(Path("ninefold-data"), description="folder of the embedded stores, the outbox and imports")
    records_url: str = Field("", description="PostgreSQL address; empty runs the embedded server in data_dir")
    events_url: str = Field("", description="ClickHouse address; empty runs the embedded engine in data_dir")
    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8009, ge=0, le=65535, description="port the server listens on; 0 picks a free one")
    server: str = Field("", description="address of a running server that commands talk to, e.g. http://127.0.0.1:8009")
    token: str = Field("", description="bearer token that commands use with that server")
    role: Literal["all", "api", "worker"] = Field("all", description="what this process does")
    brand: str = Field("My brand", description="name shown in the console")
    zone: str = Field("Asia/Shanghai", description="business time zone (IANA name)")
    region: str = Field("CN", description="default region of phone numbers without a country code (ISO 3166)")
    currency: str = Field("CNY", description="currency of amounts that name none (ISO 4217)")
    language: Literal["en", "zh"] = Field("en", description="language of texts made by the server")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe level logged")
    log_format: Literal["auto", "console", "json"] = Field("auto", description="auto: console on a terminal, else json")
    open_collection: bool = Field(default=False, description="accept any write key (for trying things out only)")
    consent_default: Literal["allow", "deny"] = Field(
        "allow", description="what happens to people who never said anything, for purposes that do not say it"
    )
    audit_anchors: Path | None = Field(
        None,
        description="file that gets the audit log's head every hour, signed; `audit/anchors.jsonl` by default",
    )
    audit_anchors_url: str = Field("", description="address to which these anchors are posted too")
    keep_versions_days: int = Field(7, ge=0, description="younger versions of segments and tags all stay, days")
    keep_daily_versions_days: int = Field(
        400, ge=0, description="younger ones stay once a business day, older ones once a month, days"
    )
    max_request_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="largest collection request, bytes unpacked")
    max_event_bytes: int = Field(64 * 1024, ge=1024, description="largest event; larger ones go to quarantine, bytes")
    matching_memory_mb: int = Field(
        1024, ge=128, description="memory that a matching run may use, MB; more of it spills to the data folder"
    )
    matching_part_people: int = Field(
        50_000, ge=100, description="people per part of a matching run: what is repeated when a run is cut off"
    )
    keep_answers_hours: int = Field(
        24, ge=1, description="for so long a repeat with the same Idempotency-Key gets the same answer, hours"
    )
    keep_changes_days: int = Field(
        30, ge=1, description="for so long the change feed is kept; cursors that stand before get 410, days"
    )
    webhooks_to_private: bool = Field(
        default=False, description="whether webhooks of the change feed may call addresses of the local network"
    )
    secret_keys: SecretStr = Field(
        SecretStr(""),
        description="keys under which stored secrets are sealed, base64 of 32 bytes each, the newest first, by commas; "
        "empty: `secrets.key` in data_dir",
    )
    session_idle_minutes: int = Field(120, ge=1, description="a session that nobody uses for so long ends, minutes")
    session_hours: int = Field(24, ge=1, description="a session ends after so long, used or not, hours")
    oidc_issuer: str = Field("", description="OpenID Connect: issuer of company accounts; empty: passwords only")
    oidc_client_id: str = Field("", description="OpenID Connect: what the provider calls this installation")
    oidc_secret_env: str = Field("", description="OpenID Connect: variable with the client's secret; empty for none")
    oidc_scopes: str = Field("openid email profile", description="OpenID Connect: scopes that are asked for")
    oidc_roles_claim: str = Field("groups", description="OpenID Connect: claim that lists groups or roles")
    oidc_roles: dict[str, str] = Field(
        {}, description="OpenID Connect: role by value of that claim, `*` for everybody; empty: an admin gives roles"
    )
    oidc_create: bool = Field(default=False, description="OpenID Connect: let somebody new in who has a role by that")
    oidc_redirect: str = Field(
        "", description="OpenID Connect: our callback as the provider knows it; empty: by the address of the call"
    )
    lag_seconds: int = Field(
        300, ge=1, description="age of the oldest event not queryable yet from which health calls the pipeline lagging"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the file."""
        _ = dotenv_settings, file_secret_settings  # deliberately not read: two places are enough
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**given: object) -> Settings:
    """The settings of this process, with explicit ones first.

    Raises:
        Error: invalid ``bad_setting`` naming the setting, what was got and what is allowed.
    """
    try:
        settings = Settings.model_validate({}) if not given else Settings(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise invalid(
            "bad_setting",
            f"setting {name}: {first['msg']}",
            field=name,
            got=first.get("input", ""),
            hint="see the settings reference; the environment wins over ninefold.toml",
        ) from exc
    zone_of(settings.zone)
    return settings
