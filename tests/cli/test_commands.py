"""The commands that an operator types, as they are typed."""

import asyncio

import asyncpg
import pytest
from typer.testing import CliRunner

from cli.__main__ import app, main
from core.database import LONG_STATEMENT_SECONDS
from core.settings import REPOSITORY, settings
from services.auth.access_tokens import new_private_key
from services.ledger.invariants import INVARIANTS

COMMANDS = (
    ["run"],
    ["serve"],
    ["worker"],
    ["seed"],
    ["migrate"],
    ["doctor"],
    ["ledger", "verify"],
    ["ledger", "expire-holds"],
    ["ledger", "seal"],
    ["ledger", "seal-check"],
    ["schema", "export"],
    ["schema", "check"],
    ["schema", "diff"],
)
CONTRACT = REPOSITORY / "schema.graphql"


@pytest.fixture
def azora(monkeypatch):
    """Runs a command as a shell would; answers with its exit code."""

    def run(*words: str, **environment: str) -> int:
        for name in (
            "DATABASE_URL",
            "MONGO_URL",
            "REDIS_URL",
            "SIGNING_KEY",
            "GATEWAY_SECRET",
            "LEDGER_SEAL_KEY",
        ):
            monkeypatch.delenv(f"AZORA_{name}", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["azora", *words])
        settings.cache_clear()
        with pytest.raises(SystemExit) as exit_:
            main()
        return int(exit_.value.code or 0)

    return run


@pytest.fixture
def damaged_books(addresses):
    """Somebody wrote a balance by hand."""
    account = "account_id = (SELECT id FROM ledger_accounts WHERE kind = 'suspense')"
    change = f"UPDATE ledger_balances SET posted = posted + %d WHERE {account}"
    asyncio.run(execute(addresses.database_url, change % 1))
    yield
    asyncio.run(execute(addresses.database_url, change % -1))


async def execute(url, statement):
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(statement)
    await connection.close()


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_has_an_example(self, command):
        result = CliRunner().invoke(app, [*command, "--help"])

        assert result.exit_code == 0
        assert "Example:" in result.output


class TestSettings:
    def test_name_the_variable_and_what_it_accepts(self, azora, capsys):
        code = azora("doctor", AZORA_PORT="seventy", AZORA_REDIS_URL="http://secret@x")

        captured = capsys.readouterr().out
        assert code == 1
        assert "AZORA_PORT must be a port from 1 to 65535." in captured
        assert "AZORA_REDIS_URL must be a Redis address" in captured
        assert "secret" not in captured


class TestServe:
    def test_refuses_a_subgraph_that_is_not_there(self, azora, capsys):
        code = azora("serve", "--subgraph", "billing")

        assert code == 1
        assert "There is no subgraph 'billing'. There are: users, tokens" in capsys.readouterr().err

    def test_says_what_is_missing(self, azora, capsys):
        code = azora("serve")

        message = capsys.readouterr().err
        assert code == 1
        assert "AZORA_DATABASE_URL must be" in message
        assert "Or start everything with `azora run`." in message
        assert "Traceback" not in message

    def test_refuses_a_subgraph_without_the_gateways_secret(self, azora, addresses, capsys):
        code = azora(
            "serve",
            "--subgraph",
            "users",
            AZORA_DATABASE_URL=addresses.database_url,
            AZORA_MONGO_URL=addresses.mongo_url,
            AZORA_REDIS_URL=addresses.redis_url,
            AZORA_SIGNING_KEY="any",
        )

        assert code == 1
        assert "AZORA_GATEWAY_SECRET" in capsys.readouterr().err

    def test_stops_at_a_manifest_that_cannot_be_read(
        self, azora, addresses, capsys, tmp_path, monkeypatch
    ):
        monkeypatch.delenv("AZORA_SUBGRAPH", raising=False)

        code = azora(
            "serve",
            AZORA_WORKERS="2",
            AZORA_DATABASE_URL=addresses.database_url,
            AZORA_MONGO_URL=addresses.mongo_url,
            AZORA_REDIS_URL=addresses.redis_url,
            AZORA_SIGNING_KEY="any",
            AZORA_PORT="18471",
            AZORA_DOCUMENTS_MANIFEST=str(tmp_path / "none.json"),
        )

        message = capsys.readouterr().err
        assert code == 1
        assert "none.json cannot be read: No such file or directory." in message
        assert "Traceback" not in message


class TestWorker:
    def test_says_what_is_missing(self, azora, capsys):
        code = azora("worker")

        message = capsys.readouterr().err
        assert code == 1
        assert "AZORA_DATABASE_URL must be" in message
        assert "Traceback" not in message

    def test_says_which_database_is_away(self, azora, addresses, capsys):
        code = azora(
            "worker",
            AZORA_DATABASE_URL="postgresql://azora@127.0.0.1:1/azora",
            AZORA_MONGO_URL=addresses.mongo_url,
            AZORA_REDIS_URL=addresses.redis_url,
        )

        assert code == 1
        assert "PostgreSQL does not answer" in capsys.readouterr().err


class TestMigrate:
    def test_says_which_setting_names_the_database(self, azora, capsys):
        assert azora("migrate") == 1
        assert "AZORA_DATABASE_URL" in capsys.readouterr().err

    def test_leaves_the_tables_when_the_revision_is_unknown(self, azora, addresses, capsys):
        code = azora("migrate", "0999", AZORA_DATABASE_URL=addresses.database_url)

        assert code == 1
        assert "The tables were left as they are" in capsys.readouterr().err


class TestLedger:
    def test_finds_empty_books_sound(self, azora, addresses, capsys):
        code = azora("ledger", "verify", AZORA_DATABASE_URL=addresses.database_url)

        lines = capsys.readouterr().out.splitlines()
        assert code == 0
        assert len(lines) == len(INVARIANTS)
        assert all(line.startswith("   ok  I") for line in lines)

    def test_names_what_is_wrong(self, azora, addresses, capsys, damaged_books):
        code = azora("ledger", "verify", AZORA_DATABASE_URL=addresses.database_url)

        output = capsys.readouterr().out
        assert code == 1
        assert "wrong  I16: nothing is in suspense" in output
        assert "1.00000000 AZR is in suspense" in output
        assert "   ok  I1: " in output

    def test_proves_for_as_long_as_its_own_limit_allows(
        self, azora, addresses, capsys, monkeypatch
    ):
        monkeypatch.setattr("cli.ledger.LONG_STATEMENT_SECONDS", 1e-6)

        code = azora("ledger", "verify", AZORA_DATABASE_URL=addresses.database_url)

        assert LONG_STATEMENT_SECONDS > 60
        assert code == 1
        assert "PostgreSQL does not answer" in capsys.readouterr().err

    def test_expires_no_hold_of_empty_books(self, azora, addresses, capsys):
        assert azora("ledger", "expire-holds", AZORA_DATABASE_URL=addresses.database_url) == 0
        assert capsys.readouterr().out == "0 holds expired\n"

    def test_finds_every_seal_of_empty_books_whole(self, azora, addresses, capsys):
        given = {
            "AZORA_DATABASE_URL": addresses.database_url,
            "AZORA_LEDGER_SEAL_KEY": new_private_key(),
        }

        assert azora("ledger", "seal", **given) == 0
        assert azora("ledger", "seal-check", **given) == 0
        assert azora("ledger", "seal-check", "--head", "1:ab", **given) == 1

        assert capsys.readouterr().out.splitlines() == [
            "Nothing to seal",
            "   ok  every sealed block is as it was sealed",
            "wrong  block 1 is not the one that was kept elsewhere",
        ]

    def test_needs_a_key_to_seal(self, azora, addresses, capsys):
        assert azora("ledger", "seal", AZORA_DATABASE_URL=addresses.database_url) == 1
        assert "AZORA_LEDGER_SEAL_KEY must be" in capsys.readouterr().err

    def test_says_which_setting_names_the_database(self, azora, capsys):
        assert azora("ledger", "verify") == 1
        assert "AZORA_DATABASE_URL" in capsys.readouterr().err


class TestSchema:
    def test_matches_the_committed_contract(self, azora):
        assert azora("schema", "check") == 0

    def test_prints_a_subgraphs_federation_sdl(self, azora, capsys):
        code = azora("schema", "export", "--subgraph", "tokens")

        assert code == 0
        assert "type Transaction implements Node @key" in capsys.readouterr().out

    def test_finds_nothing_changed_against_itself(self, azora, capsys):
        assert azora("schema", "diff", str(CONTRACT)) == 0
        assert "Nothing changed." in capsys.readouterr().out

    def test_fails_when_a_change_breaks_clients(self, azora, capsys, tmp_path):
        older = tmp_path / "older.graphql"
        older.write_text(CONTRACT.read_text() + "\nextend type Query { gone: Int }\n")

        code = azora("schema", "diff", str(older))

        assert code == 1
        assert "breaking: Field Query.gone was removed." in capsys.readouterr().out

    def test_says_when_there_is_no_such_file(self, azora, capsys):
        assert azora("schema", "diff", "/nowhere/at/all.graphql") == 1
        assert "There is no file" in capsys.readouterr().err


class TestDoctor:
    def test_finds_this_machine_well(self, azora, capsys):
        code = azora("doctor")

        output = capsys.readouterr().out
        assert code == 0
        assert "ok  Composition: 5 subgraphs" in output

    def test_prints_the_integration_map(self, azora, capsys):
        code = azora("doctor", "--map")

        output = capsys.readouterr().out
        assert code == 0
        assert "Query.services (marketplace)" in output
        assert "services:active" in output
