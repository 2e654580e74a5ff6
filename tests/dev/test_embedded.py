"""The embedded servers, run for real: they answer, they keep their data, none is ever left over."""

import fcntl
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from dev.embedded import Addresses, EmbeddedServerError, Server, embedded_servers

REPOSITORY = Path(__file__).parent.parent.parent
ALL = frozenset(Server)
ONLY_REDIS = frozenset({Server.REDIS})
ONLY_MONGO = frozenset({Server.MONGO})
ONLY_POSTGRES = frozenset({Server.POSTGRES})
GONE_SECONDS_MAX = 30.0
HOLD_SERVERS = """
import sys, time
from pathlib import Path
from dev.embedded import Server, embedded_servers

wanted = frozenset(map(Server, sys.argv[2:]))
with embedded_servers(Path(sys.argv[1]), wanted=wanted, durable=False):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole module: later starts find data, as on a developer's machine."""
    return tmp_path_factory.mktemp("embedded servers")


@contextmanager
def servers(folder: Path, wanted: frozenset[Server] = ALL) -> Generator[Addresses]:
    with embedded_servers(folder, wanted=wanted, durable=False) as addresses:
        yield addresses


async def query(addresses: Addresses, sql: str) -> object:
    assert addresses.database_url is not None
    engine = create_async_engine(addresses.database_url)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(sql))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


def mongo(addresses: Addresses) -> AsyncMongoClient[dict[str, object]]:
    return AsyncMongoClient(addresses.mongo_url)


async def ping_redis(addresses: Addresses) -> bool:
    assert addresses.redis_url is not None
    async with Redis.from_url(addresses.redis_url) as client:
        return await client.ping()


def is_in_use(folder: Path) -> bool:
    """Whether the guardian or any server lives: each holds the lock of its folder."""
    with (folder / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def processes_in(folder: Path) -> dict[int, str]:
    """Return the command lines of all processes that hold the folder's lock open."""
    found: dict[int, str] = {}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if descriptor.readlink() == folder / "lock":
                process = descriptor.parent.parent
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def wait_until_unused(folder: Path) -> None:
    deadline = time.monotonic() + GONE_SECONDS_MAX
    while is_in_use(folder) and time.monotonic() < deadline:
        time.sleep(0.05)


@contextmanager
def another_process_with(
    wanted: frozenset[Server], folder: Path
) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD_SERVERS, str(folder), *wanted]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
    wait_until_unused(folder)


class TestEmbeddedServers:
    async def test_answer_once_the_block_begins(self, folder: Path) -> None:
        with servers(folder) as addresses:
            settings = await query(
                addresses,
                "SELECT concat_ws(' ', current_setting('server_version_num')::int / 10000,"
                " current_setting('TimeZone'), current_setting('server_encoding'),"
                " current_setting('data_checksums'), current_database(), upper('é'))",
            )
            async with mongo(addresses) as client, client.start_session() as session:
                async with await session.start_transaction():
                    await client.azora.greetings.insert_one({"_id": 1}, session=session)
                documents_count = await client.azora.greetings.count_documents({})
                await client.azora.greetings.drop()
            is_answered = await ping_redis(addresses)

        assert settings == "18 UTC UTF8 on azora É"
        assert documents_count == 1
        assert is_answered is True

    async def test_refuse_whoever_has_no_password(self, folder: Path) -> None:
        with servers(folder) as known:
            assert known.database_url
            assert known.mongo_url
            assert known.redis_url
            stranger = Addresses(
                database_url=re.sub(":[0-9a-f]{64}@", ":guess@", known.database_url),
                mongo_url=re.sub("//.*@", "//", known.mongo_url),
                redis_url=re.sub("//.*@", "//", known.redis_url),
            )

            with pytest.raises(Exception, match="password authentication failed"):
                await query(stranger, "SELECT 1")
            async with mongo(stranger) as client:
                with pytest.raises(OperationFailure, match="requires authentication"):
                    await client.azora.greetings.find_one()
            with pytest.raises(AuthenticationError):
                await ping_redis(stranger)

    async def test_keep_their_data_when_started_again(self, folder: Path) -> None:
        with servers(folder) as addresses:
            await query(addresses, "CREATE TABLE kept AS SELECT 42 AS answer")
            async with mongo(addresses) as client:
                await client.azora.kept.insert_one({"_id": 1, "answer": 42})

        with servers(folder) as addresses:
            row = await query(addresses, "SELECT answer FROM kept")
            async with mongo(addresses) as client:
                document = await client.azora.kept.find_one()

        assert row == 42
        assert document == {"_id": 1, "answer": 42}

    async def test_move_when_another_program_took_a_port(self, folder: Path) -> None:
        wanted = ONLY_MONGO | ONLY_REDIS
        with servers(folder, wanted) as before:
            pass
        taken = int((folder / "mongo" / "port").read_text())

        with socket.create_server(("127.0.0.1", taken)), servers(folder, wanted) as addresses:
            async with mongo(addresses) as client:
                hello = await client.admin.command("hello")

        assert addresses.mongo_url != before.mongo_url
        assert addresses.redis_url == before.redis_url
        assert hello["isWritablePrimary"] is True

    async def test_start_in_spite_of_a_crashed_machines_leftovers(self, folder: Path) -> None:
        with servers(folder, ONLY_POSTGRES) as addresses:
            data = Path(str(await query(addresses, "SHOW data_directory")))
        live_process = os.getppid()
        (data / "postmaster.pid").write_text(f"{live_process}\n{data}\n0\n5432\n\n\n")

        with servers(folder, ONLY_POSTGRES) as addresses:
            answer = await query(addresses, "SELECT 1")

        assert answer == 1

    def test_are_only_those_that_were_wanted(self, folder: Path) -> None:
        with servers(folder, ONLY_REDIS) as addresses:
            assert addresses.redis_url is not None
            assert addresses.database_url is None
            assert addresses.mongo_url is None

    def test_are_none_when_none_was_wanted(self, tmp_path: Path) -> None:
        with servers(tmp_path / "unused", frozenset()) as addresses:
            assert addresses == Addresses()

        assert not (tmp_path / "unused").exists()

    def test_tell_their_steps(self, folder: Path) -> None:
        steps: list[str] = []

        with embedded_servers(folder, wanted=ONLY_REDIS, on_step=steps.append):
            port = (folder / "redis" / "port").read_text()

        assert steps == ["Starting Redis", f"Redis is ready on port {port}."]

    def test_show_the_log_of_the_one_that_does_not_start(self, tmp_path: Path) -> None:
        home_without_data = tmp_path / "mongo"
        home_without_data.mkdir()
        (home_without_data / "complete").touch()

        with pytest.raises(EmbeddedServerError) as failure, servers(tmp_path, ONLY_MONGO):
            pytest.fail("MongoDB started without its data folder")

        sentence, _, log = str(failure.value).partition("\n")
        assert sentence.startswith("MongoDB did not start (exit code 100).")
        assert log.startswith('"msg":"DBException in initAndListen, terminating"')
        assert f"Data directory {home_without_data}/data not found" in log
        assert not is_in_use(tmp_path)

    def test_refuse_a_folder_that_another_process_uses(self, folder: Path) -> None:
        with another_process_with(ONLY_REDIS, folder) as other:
            expected = f"already in use by process {other.pid}; stop it"
            with pytest.raises(EmbeddedServerError, match=expected), servers(folder, ONLY_REDIS):
                pytest.fail("two sets of servers used one folder")

            assert other.poll() is None
            assert is_in_use(folder)


class TestNoServerIsLeft:
    def test_when_the_block_ends(self, folder: Path) -> None:
        with servers(folder):
            assert is_in_use(folder)

        assert not is_in_use(folder)

    def test_when_the_block_raises(self, folder: Path) -> None:
        with pytest.raises(KeyboardInterrupt), servers(folder, ONLY_POSTGRES):
            raise KeyboardInterrupt

        assert not is_in_use(folder)

    def test_when_their_user_is_killed(self, folder: Path) -> None:
        with another_process_with(ALL, folder) as user:
            user.kill()
            user.wait()

            wait_until_unused(folder)

        assert not is_in_use(folder)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children of the killed")
    def test_when_their_guardian_is_killed(self, folder: Path) -> None:
        with another_process_with(ALL, folder):
            commands = processes_in(folder)
            for program in ("dev.guardian", "postgres", "mongod", "redis-server"):
                assert any(program in command for command in commands.values())
            [guardian] = [pid for pid, command in commands.items() if "dev.guardian" in command]

            os.kill(guardian, SIGKILL)
            wait_until_unused(folder)

            assert processes_in(folder) == {}
