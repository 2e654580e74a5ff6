"""mongod as a replica set of one node, because transactions and change streams need one.

The folder's secret is both the key file and the password of the one user.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from dev.servers.errors import ServerFailed
from dev.servers.process import ChildProcess
from dev.servers.programs import find_program
from dev.servers.server import EmbeddedServer
from dev.servers.site import Site

_REPLICA_SET = "azora"
_USER = "azora"
# The account of the members among themselves; the key file is its password.
_INTERNAL_USER = "__system"
_COMMAND_MILLISECONDS_MAX = 10_000
_ERROR_LINE = re.compile(r'^\{.*"s":"[EF]".*?("msg":.*)\}$', re.MULTILINE)
_OPTIONS = (
    *("--bind_ip", "127.0.0.1"),
    "--nounixsocket",
    "--quiet",
    *("--wiredTigerCacheSizeGB", "0.25"),
    # Three journal files are allocated ahead; at their usual 100 MB each they fill small disks.
    *("--wiredTigerEngineConfigString", "log=(file_max=16MB)"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    # Otherwise the end waits 15 seconds for clients to move to another node; there is none.
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
)


class MongoServer(EmbeddedServer):
    """A MongoDB replica set of one node."""

    label = "MongoDB"
    ready_line = "Waiting for connections"

    def __init__(self, site: Site, home: Path) -> None:
        """Describe the server; nothing starts yet."""
        super().__init__(site, home)
        self._data = home / "data"

    async def prepare(self) -> None:
        """Make the data folder; the replica set is founded once mongod listens."""
        self._data.mkdir()

    def launch(self) -> ChildProcess:
        """Start mongod as a member of its replica set."""
        return self._mongod("--replSet", _REPLICA_SET, "--oplogSize", "64")

    def address(self) -> str:
        """Return the URL of the database azora, straight to the one node."""
        return (
            f"mongodb://{_USER}:{self.site.secret}@127.0.0.1:{self.port}/azora"
            f"?authSource=admin&replicaSet={_REPLICA_SET}&directConnection=true"
        )

    async def run(self) -> None:
        """Launch mongod and wait until it leads its replica set, founding it if it is new."""
        with self._explained():
            if self.is_complete and self.remembered_port != self.port:
                await self._change_port()
            await super().run()
            if not self.is_complete:
                await self._found_replica_set()
            async with self._client(user=_USER) as client:
                await self.until(lambda: _leads(client))

    def failure(self, what_happened: str) -> ServerFailed:
        """Return the error as for any server, with the cure for what a bare system lacks."""
        if "error while loading shared libraries" in self.log_text():
            what_happened += "; on Debian and Ubuntu `apt-get install libcurl4` adds what it needs"
        return super().failure(what_happened)

    def log_end(self) -> str:
        """Return what mongod's log, one JSON object a line, says of errors, else its end."""
        return "\n".join(_ERROR_LINE.findall(self.log_text())) or super().log_end()

    def _mongod(self, *options: str) -> ChildProcess:
        program = find_program("fiftyone", "db/bin/mongod", setting="AZORA_MONGO_URL")
        command = [program, "--dbpath", str(self._data), "--port", str(self.port)]
        command += ["--keyFile", str(self.site.folder / "secret"), *_OPTIONS, *options]
        return ChildProcess(command, log=self.log, lock=self.site.lock)

    async def _found_replica_set(self) -> None:
        """Make this node the primary and create its user, which a virgin mongod lets anyone do."""
        founding = {
            "_id": _REPLICA_SET,
            "version": 1,
            "members": [self._member()],
            "writeConcernMajorityJournalDefault": self.site.is_durable,
        }
        role = {"role": "root", "db": "admin"}
        async with self._client() as client:
            await client.admin.command("replSetInitiate", founding)
            await self.until(lambda: _leads(client))
            await client.admin.command("createUser", _USER, pwd=self.site.secret, roles=[role])
        self.mark_complete()

    async def _change_port(self) -> None:
        """Write the new port into the replica set's own configuration, as its manual describes.

        mongod runs alone for it: as a member it would first look for itself at the old port, for
        half a minute if a program listens there that does not answer.
        """
        self.process = self._mongod()
        await self.until_ready()
        query, change = {"_id": _REPLICA_SET}, {"$set": {"members.0": self._member()}}
        async with self._client(user=_INTERNAL_USER, database="local") as client:
            await client.local["system.replset"].update_one(query, change)
        await self.process.stop()

    def _member(self) -> dict[str, object]:
        return {"_id": 0, "host": f"127.0.0.1:{self.port}"}

    def _client(
        self, *, user: str | None = None, database: str = "admin"
    ) -> AsyncMongoClient[dict[str, object]]:
        return AsyncMongoClient(
            "127.0.0.1",
            self.port,
            directConnection=True,
            username=user,
            password=self.site.secret if user else None,
            authSource=database,
            timeoutMS=_COMMAND_MILLISECONDS_MAX,
        )

    @contextmanager
    def _explained(self) -> Generator[None]:
        """Turn an error of the driver into one of this server."""
        try:
            yield
        except PyMongoError as error:
            obstacle = f"did not lead its replica set ({error})"
            raise self.failure(obstacle) from error


async def _leads(client: AsyncMongoClient[dict[str, object]]) -> bool:
    hello = await client.admin.command("hello")
    return bool(hello.get("isWritablePrimary"))
