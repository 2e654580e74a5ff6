"""Every setting, typed. This module is the only reader of the environment (prefix `AZORA_`)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parent.parent
# Scheme, host and port alone: with a path or a final slash it would match no browser's.
_API = r"^https?://[^/\s]+$"
_ORIGIN = re.compile(r"https?://[^\s/*?#@]+")


class SettingsError(Exception):
    """A setting has an impossible value. The text names the variable and what it accepts."""


@dataclass(frozen=True, slots=True)
class StoreAddresses:
    """Where the three stores are."""

    database_url: str
    mongo_url: str
    redis_url: str


class Settings(BaseSettings):
    """The configuration of one process.

    Each field is read from the variable `AZORA_` + its name in capitals. Units are the last word
    of a name. Defaults suit development; what production must set has none and is `None` here.
    """

    model_config = SettingsConfigDict(env_prefix="AZORA_", frozen=True, extra="ignore")

    environment: Annotated[
        Literal["development", "production"],
        Field(description="development or production"),
    ] = "development"
    host: Annotated[str, Field(description="the address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="a port from 1 to 65535")] = 8000
    workers: Annotated[int, Field(ge=1, le=64, description="a whole number from 1 to 64")] = 1

    subgraph: Annotated[
        str | None, Field(description="the name of the subgraph to serve alone")
    ] = None

    database_url: Annotated[
        str | None,
        Field(
            pattern=r"^postgresql(\+asyncpg)?://",
            description="a PostgreSQL address such as postgresql://user:password@host:5432/azora",
        ),
    ] = None
    mongo_url: Annotated[
        str | None,
        Field(
            pattern=r"^mongodb(\+srv)?://[^/]",
            description="a MongoDB address such as mongodb://host:27017/azora?replicaSet=rs0",
        ),
    ] = None
    redis_url: Annotated[
        str | None,
        Field(
            pattern=r"^rediss?://",
            description="a Redis address such as redis://host:6379/0",
        ),
    ] = None
    database_pool_size: Annotated[
        int, Field(ge=1, le=200, description="a whole number of connections from 1 to 200")
    ] = 10
    database_role: Annotated[
        str,
        Field(
            pattern=r"^[a-z_][a-z0-9_]{0,62}$",
            description="a role of PostgreSQL that the address's user may take, to serve with",
        ),
    ] = "azora_application"
    data_folder: Annotated[
        Path, Field(description="a folder for the embedded servers' data and generated keys")
    ] = REPOSITORY / ".azora"

    signing_key: Annotated[
        SecretStr | None,
        Field(description="an Ed25519 private key in PEM, as `openssl genpkey -algorithm ed25519`"),
    ] = None
    ledger_seal_key: Annotated[
        SecretStr | None,
        Field(description="an Ed25519 private key in PEM, of its own, that seals the ledger"),
    ] = None
    issuer: Annotated[str, Field(description="the `iss` of access tokens")] = "https://azora.local"
    gateway_secret: Annotated[
        SecretStr | None,
        Field(min_length=32, description="at least 32 characters, shared with the gateway only"),
    ] = None
    metrics_token: Annotated[
        SecretStr | None,
        Field(min_length=32, description="at least 32 characters, shared with Prometheus only"),
    ] = None
    cookie_secure: Annotated[bool | None, Field(description="true or false")] = None
    cors_origins: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="exact origins separated by commas, such as https://app.azora.example"),
    ] = ()

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="debug, info, warning or error"),
    ] = "info"
    traces_fields: Annotated[
        bool, Field(description="true or false, whether the log says what each field took")
    ] = False
    operation_timeout_seconds: Annotated[
        float, Field(gt=0, le=120, description="seconds, above 0 and at most 120")
    ] = 10.0
    cost_max: Annotated[
        int, Field(ge=100, le=1_000_000, description="points, from 100 to 1000000")
    ] = 20_000
    documents_manifest: Annotated[
        Path | None,
        Field(description="the path of a manifest (apollo-persisted-query-manifest, version 1)"),
    ] = None
    response_cache_bytes_max: Annotated[
        int, Field(ge=0, le=1_073_741_824, description="bytes, from 0 (no cache) to 1073741824")
    ] = 33_554_432
    body_bytes_max: Annotated[
        int, Field(ge=1024, le=10_485_760, description="bytes, from 1024 to 10485760")
    ] = 262_144

    payments_return_url: Annotated[
        str, Field(pattern=r"^https?://[^/]", description="where people are sent who have paid")
    ] = "http://localhost:8000/"
    payments_stripe_key: Annotated[
        SecretStr | None, Field(min_length=8, description="a secret or restricted key of Stripe")
    ] = None
    payments_stripe_webhook_secret: Annotated[
        SecretStr | None, Field(min_length=8, description="the signing secret of the webhook")
    ] = None
    payments_stripe_url: Annotated[
        str, Field(pattern=_API, description="the origin of Stripe's API")
    ] = "https://api.stripe.com"
    payments_paystack_key: Annotated[
        SecretStr | None,
        Field(min_length=8, description="a secret key of Paystack, which signs webhooks too"),
    ] = None
    payments_paystack_url: Annotated[
        str, Field(pattern=_API, description="the origin of Paystack's API")
    ] = "https://api.paystack.co"
    payments_local_key: Annotated[
        SecretStr | None,
        Field(min_length=8, description="the key of the local provider, which signs webhooks too"),
    ] = None
    payments_local_url: Annotated[
        str | None, Field(pattern=_API, description="the origin of the local provider")
    ] = None

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(origin.strip() for origin in value.split(",") if origin.strip())
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                message = f"{origin!r} is not an origin"
                raise ValueError(message)
        return origins

    @field_validator("database_url", "mongo_url", "redis_url")
    @classmethod
    def _with_real_ports(cls, value: str | None) -> str | None:
        """MongoDB's addresses may name several hosts, each with its port."""
        hosts = urlsplit(value or "").netloc.rpartition("@")[2].split(",")
        for host in hosts:
            _ = urlsplit(f"//{host}").port
        return value

    def stores(self) -> StoreAddresses:
        """Where the stores are. Raises SettingsError that names what is missing."""
        values = {name: getattr(self, name) for name in StoreAddresses.__annotations__}
        if missing := [name for name, value in values.items() if value is None]:
            raise _missing(missing)
        return StoreAddresses(**values)

    def private_key(self) -> str:
        """The key that signs access tokens. Raises SettingsError when there is none."""
        if self.signing_key is None:
            raise _missing(["signing_key"])
        return self.signing_key.get_secret_value()

    def seal_key(self) -> str:
        """The key that seals the ledger. Raises SettingsError when there is none."""
        if self.ledger_seal_key is None:
            raise _missing(["ledger_seal_key"])
        return self.ledger_seal_key.get_secret_value()

    @property
    def is_development(self) -> bool:
        return self.environment == "development"

    @property
    def has_secure_cookies(self) -> bool:
        """Browsers accept `Secure` cookies over TLS only, which development does not have."""
        return not self.is_development if self.cookie_secure is None else self.cookie_secure


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment, `overrides` first.

    Raises SettingsError that names each wrong variable and what it accepts, and no secret value.
    """
    try:
        return Settings(**overrides)  # pyright: ignore[reportArgumentType]  # checked by pydantic
    except ValidationError as error:
        names = {str(problem["loc"][0]) for problem in error.errors(include_input=False)}
        raise SettingsError(" ".join(_sentence(name) for name in sorted(names))) from None


def _missing(names: list[str]) -> SettingsError:
    sentences = [_sentence(name) for name in names]
    return SettingsError(" ".join([*sentences, "Or start everything with `azora run`."]))


def _sentence(name: str) -> str:
    return f"AZORA_{name.upper()} must be {Settings.model_fields[name].description}."


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return read_settings()
