"""Settings: typed, read from `AZORA_` variables, and refused with the variable's name."""

from pathlib import Path

import pytest

from core.settings import REPOSITORY, Settings, SettingsError, StoreAddresses, read_settings

URLS = {
    "AZORA_DATABASE_URL": "postgresql://azora@127.0.0.1:5432/azora",
    "AZORA_MONGO_URL": "mongodb://127.0.0.1:27017/azora",
    "AZORA_REDIS_URL": "redis://127.0.0.1:6379/0",
}
ACCEPTED = {
    "AZORA_ENVIRONMENT": "development or production",
    "AZORA_PORT": "a port from 1 to 65535",
    "AZORA_WORKERS": "a whole number from 1 to 64",
    "AZORA_DATABASE_URL": (
        "a PostgreSQL address such as postgresql://user:password@host:5432/azora"
    ),
    "AZORA_MONGO_URL": "a MongoDB address such as mongodb://host:27017/azora?replicaSet=rs0",
    "AZORA_REDIS_URL": "a Redis address such as redis://host:6379/0",
    "AZORA_DATABASE_POOL_SIZE": "a whole number of connections from 1 to 200",
    "AZORA_DATABASE_ROLE": "a role of PostgreSQL that the address's user may take, to serve with",
    "AZORA_GATEWAY_SECRET": "at least 32 characters, shared with the gateway only",
    "AZORA_METRICS_TOKEN": "at least 32 characters, shared with Prometheus only",
    "AZORA_COOKIE_SECURE": "true or false",
    "AZORA_CORS_ORIGINS": ("exact origins separated by commas, such as https://app.azora.example"),
    "AZORA_LOG_LEVEL": "debug, info, warning or error",
    "AZORA_OPERATION_TIMEOUT_SECONDS": "seconds, above 0 and at most 120",
    "AZORA_RESPONSE_CACHE_BYTES_MAX": "bytes, from 0 (no cache) to 1073741824",
    "AZORA_COST_MAX": "points, from 100 to 1000000",
    "AZORA_BODY_BYTES_MAX": "bytes, from 1024 to 10485760",
}
WRONG = [
    ("AZORA_ENVIRONMENT", ["", "staging", "Production"]),
    ("AZORA_PORT", ["", "0", "65536", "http", "80.5"]),
    ("AZORA_WORKERS", ["0", "65", "-1", "two"]),
    (
        "AZORA_DATABASE_URL",
        [
            "",
            "postgres://s3cret@host/azora",
            "mysql://s3cret@host/azora",
            "host:5432/azora",
            "postgresql://user:s3cret@host:port/azora",
            "postgresql://user:s3cret@host:99999/azora",
            "postgresql://user:s3cret@[::1/azora",
        ],
    ),
    (
        "AZORA_MONGO_URL",
        [
            "mongodb://",
            "mongodb:///azora",
            "http://s3cret@host",
            "mongodb://user:s3cret@host:port/azora",
            "mongodb://one:1,two:s3cret/azora",
        ],
    ),
    ("AZORA_REDIS_URL", ["127.0.0.1:6379", "unix:///s3cret", "redis://:s3cret@host:65536/0"]),
    ("AZORA_DATABASE_POOL_SIZE", ["0", "201", "many"]),
    ("AZORA_GATEWAY_SECRET", ["", "s3cret-of-too-few-characters"]),
    ("AZORA_METRICS_TOKEN", ["", "s3cret-of-too-few-characters"]),
    ("AZORA_COOKIE_SECURE", ["perhaps", "2"]),
    (
        "AZORA_CORS_ORIGINS",
        [
            "*",
            "https://*.azora.example",
            "app.azora.example",
            "ftp://azora.example",
            "https://azora.example/",
            "https://azora.example/s3cret",
            "https://azora.example?s3cret",
            "https://user:s3cret@azora.example",
            "https://",
            "https://azora.example,*",
        ],
    ),
    ("AZORA_DATABASE_ROLE", ["", "no role", "1st", "x" * 64]),
    ("AZORA_LOG_LEVEL", ["", "trace", "INFO"]),
    ("AZORA_OPERATION_TIMEOUT_SECONDS", ["0", "-1", "121", "nan", "inf", "soon"]),
    ("AZORA_RESPONSE_CACHE_BYTES_MAX", ["-1", "1073741825", "32M"]),
    ("AZORA_COST_MAX", ["99", "1000001", "many"]),
    ("AZORA_BODY_BYTES_MAX", ["1023", "10485761", "256K"]),
]


@pytest.fixture(autouse=True)
def _without_variables(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"AZORA_{name.upper()}", raising=False)


class TestReadSettings:
    def test_has_defaults_for_development_and_none_for_secrets(self):
        settings = read_settings()

        assert settings.model_dump() == {
            "environment": "development",
            "host": "127.0.0.1",
            "port": 8000,
            "workers": 1,
            "subgraph": None,
            "database_url": None,
            "mongo_url": None,
            "redis_url": None,
            "database_role": "azora_application",
            "database_pool_size": 10,
            "data_folder": REPOSITORY / ".azora",
            "signing_key": None,
            "ledger_seal_key": None,
            "issuer": "https://azora.local",
            "gateway_secret": None,
            "metrics_token": None,
            "cookie_secure": None,
            "cost_max": 20_000,
            "documents_manifest": None,
            "cors_origins": (),
            "log_level": "info",
            "operation_timeout_seconds": 10.0,
            "traces_fields": False,
            "response_cache_bytes_max": 33_554_432,
            "body_bytes_max": 262_144,
            "payments_return_url": "http://localhost:8000/",
            "payments_stripe_key": None,
            "payments_stripe_webhook_secret": None,
            "payments_stripe_url": "https://api.stripe.com",
            "payments_paystack_key": None,
            "payments_paystack_url": "https://api.paystack.co",
            "payments_local_key": None,
            "payments_local_url": None,
        }

    def test_reads_each_field_from_its_variable(self, monkeypatch):
        monkeypatch.setenv("AZORA_PORT", "9000")
        monkeypatch.setenv("AZORA_DATA_FOLDER", "/var/lib/azora")
        monkeypatch.setenv("AZORA_COOKIE_SECURE", "true")

        settings = read_settings()

        assert settings.port == 9000
        assert settings.data_folder == Path("/var/lib/azora")
        assert settings.cookie_secure is True

    def test_prefers_what_the_caller_gives(self, monkeypatch):
        monkeypatch.setenv("AZORA_PORT", "9000")

        settings = read_settings(port=9001)

        assert settings.port == 9001

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("AZORA_DATABASE_URL", "postgresql://azora@127.0.0.1:5432/azora"),
            ("AZORA_DATABASE_URL", "postgresql+asyncpg://user:p%40ss@[::1]:5432/azora"),
            ("AZORA_DATABASE_URL", "postgresql:///azora?host=/var/run/postgresql"),
            ("AZORA_MONGO_URL", "mongodb://one:27017,two:27018/azora?replicaSet=rs0"),
            ("AZORA_MONGO_URL", "mongodb+srv://user:secret@cluster.example/azora"),
            ("AZORA_REDIS_URL", "redis://127.0.0.1"),
            ("AZORA_REDIS_URL", "rediss://:secret@cache.example:6380/1"),
        ],
    )
    def test_takes_every_form_of_address_that_the_drivers_take(self, monkeypatch, variable, value):
        monkeypatch.setenv(variable, value)

        settings = read_settings()

        assert getattr(settings, variable.removeprefix("AZORA_").lower()) == value

    @pytest.mark.parametrize(
        ("variable", "value"), [(name, value) for name, values in WRONG for value in values]
    )
    def test_names_a_wrong_variable_and_what_it_accepts_and_keeps_its_value(
        self, monkeypatch, variable, value
    ):
        monkeypatch.setenv(variable, value)

        with pytest.raises(SettingsError) as refusal:
            read_settings()

        assert str(refusal.value) == f"{variable} must be {ACCEPTED[variable]}."
        assert refusal.value.__cause__ is None
        assert refusal.value.__suppress_context__

    def test_names_every_wrong_variable_at_once(self, monkeypatch):
        monkeypatch.setenv("AZORA_PORT", "0")
        monkeypatch.setenv("AZORA_LOG_LEVEL", "loud")

        with pytest.raises(SettingsError) as refusal:
            read_settings()

        assert str(refusal.value) == (
            "AZORA_LOG_LEVEL must be debug, info, warning or error."
            " AZORA_PORT must be a port from 1 to 65535."
        )

    def test_splits_origins_at_commas(self, monkeypatch):
        monkeypatch.setenv("AZORA_CORS_ORIGINS", " https://a.example, http://localhost:5173 ,,")

        settings = read_settings()

        assert settings.cors_origins == ("https://a.example", "http://localhost:5173")

    def test_has_no_origin_for_an_empty_variable(self, monkeypatch):
        monkeypatch.setenv("AZORA_CORS_ORIGINS", "")

        settings = read_settings()

        assert settings.cors_origins == ()

    def test_hides_secrets_from_whoever_prints_it(self, monkeypatch):
        monkeypatch.setenv("AZORA_SIGNING_KEY", "the-signing-key")
        monkeypatch.setenv("AZORA_GATEWAY_SECRET", "gateway-secret-of-at-least-32-characters")

        settings = read_settings()

        assert "the-signing-key" not in repr(settings)
        assert "gateway-secret" not in repr(settings)

    def test_describes_every_field_for_the_message(self):
        undescribed = [
            name for name, field in Settings.model_fields.items() if not field.description
        ]

        assert undescribed == []


class TestStores:
    def test_answers_with_all_three_addresses(self, monkeypatch):
        for name, value in URLS.items():
            monkeypatch.setenv(name, value)

        found = read_settings().stores()

        assert found == StoreAddresses(*URLS.values())

    def test_names_each_missing_address_and_the_way_without_them(self, monkeypatch):
        monkeypatch.setenv("AZORA_MONGO_URL", URLS["AZORA_MONGO_URL"])

        with pytest.raises(SettingsError) as refusal:
            read_settings().stores()

        assert str(refusal.value) == (
            "AZORA_DATABASE_URL must be a PostgreSQL address such as"
            " postgresql://user:password@host:5432/azora."
            " AZORA_REDIS_URL must be a Redis address such as redis://host:6379/0."
            " Or start everything with `azora run`."
        )


class TestPrivateKey:
    def test_is_what_the_variable_says(self, monkeypatch):
        monkeypatch.setenv("AZORA_SIGNING_KEY", "the-signing-key")

        found = read_settings().private_key()

        assert found == "the-signing-key"

    def test_is_refused_while_there_is_none(self):
        with pytest.raises(SettingsError, match=r"^AZORA_SIGNING_KEY must be an Ed25519 private"):
            read_settings().private_key()


class TestHasSecureCookies:
    @pytest.mark.parametrize(
        ("environment", "cookie_secure", "expected"),
        [
            ("development", None, False),
            ("production", None, True),
            ("development", True, True),
            ("production", False, False),
        ],
    )
    def test_follows_the_environment_unless_it_is_set(self, environment, cookie_secure, expected):
        settings = read_settings(environment=environment, cookie_secure=cookie_secure)

        assert settings.has_secure_cookies is expected
