"""Brings both sides up: five services, what composes them, the gateway; and the one process.

All check access tokens with the same key, so that a token is good for either side.
"""

import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx2

from core.settings import StoreAddresses
from graph.schema import SUBGRAPH_NAMES
from tests.gateway.processes import (
    REPOSITORY,
    Processes,
    Program,
    finished,
    loopback_origins,
    processes,
)
from tests.gateway.sides import Side, Sides

GATEWAY, IN_PROCESS = "gateway", "in_process"
SECRET = "the-credential-of-the-gateway-of-these-tests"
CREDENTIAL = {"X-Azora-Gateway-Secret": SECRET}
SDL_QUERY = "{ _service { sdl } }"
OPERATION_SECONDS_MAX = 25
ANSWER_SECONDS_MAX = 30.0
# Shorter than any of the servers keeps them.
IDLE_CONNECTION_SECONDS_MAX = 2.0
AZORA = str(Path(sys.executable).with_name("azora"))
NODE = (str(REPOSITORY / "dev/node.sh"), "run")
SCRIPTS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the processes are told, and a folder for their files."""

    signing_key: str
    gateway_stores: StoreAddresses
    in_process_stores: StoreAddresses
    folder: Path
    origins: Mapping[str, str]

    def subgraph(self, name: str) -> Program:
        """One subgraph as a service of its own."""
        settings = {**self._settings(name, self.gateway_stores), "AZORA_GATEWAY_SECRET": SECRET}
        command = (AZORA, "serve", "--subgraph", name)
        return Program(name, command, settings, self.origins[name], "/readyz")

    def in_process(self) -> Program:
        """The composed graph in one process."""
        settings = self._settings(IN_PROCESS, self.in_process_stores)
        return Program(IN_PROCESS, (AZORA, "serve"), settings, self.origins[IN_PROCESS], "/readyz")

    def _settings(self, name: str, stores: StoreAddresses) -> dict[str, str]:
        return {
            "AZORA_PORT": port_of(self.origins[name]),
            "AZORA_DATABASE_URL": stores.database_url,
            "AZORA_MONGO_URL": stores.mongo_url,
            "AZORA_REDIS_URL": stores.redis_url,
            "AZORA_SIGNING_KEY": self.signing_key,
            "AZORA_DATABASE_POOL_SIZE": "4",
            "AZORA_OPERATION_TIMEOUT_SECONDS": str(OPERATION_SECONDS_MAX),
            "AZORA_LOG_LEVEL": "warning",
        }


def gateway(supergraph: Path, origin: str) -> Program:
    """Hive Gateway in front of the services of a supergraph."""
    settings = {
        "AZORA_SUPERGRAPH": str(supergraph),
        "AZORA_GATEWAY_PORT": port_of(origin),
        "AZORA_GATEWAY_SECRET": SECRET,
    }
    command = (*NODE, str(SCRIPTS / "start.mjs"))
    return Program(GATEWAY, command, settings, origin, "/readiness")


def free_origins() -> dict[str, str]:
    """A place on the loopback interface for each process."""
    names = (*SUBGRAPH_NAMES, GATEWAY, IN_PROCESS)
    return dict(zip(names, loopback_origins(len(names)), strict=True))


@asynccontextmanager
async def running(deployment: Deployment) -> AsyncGenerator[Sides]:
    """Both sides, ready, until the block ends."""
    # A jar that takes nothing: cookies do not know ports, and would go from side to side.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    limits = httpx2.Limits(keepalive_expiry=IDLE_CONNECTION_SECONDS_MAX)
    async with (
        processes(deployment.folder) as started,
        httpx2.AsyncClient(cookies=jar, limits=limits, timeout=ANSWER_SECONDS_MAX) as client,
    ):
        yield await _started(deployment, started, client)


async def _started(deployment: Deployment, started: Processes, client: httpx2.AsyncClient) -> Sides:
    await started.start(*map(deployment.subgraph, SUBGRAPH_NAMES))
    origins = {name: deployment.origins[name] for name in SUBGRAPH_NAMES}
    sdl = {name: await _sdl_of(origin, client) for name, origin in origins.items()}
    supergraph, public_sdl = await composed(deployment.folder, origins, sdl)
    await started.start(gateway(supergraph, deployment.origins[GATEWAY]), deployment.in_process())
    return Sides(
        gateway=Side(deployment.origins[GATEWAY], client),
        in_process=Side(deployment.origins[IN_PROCESS], client),
        subgraph_origins=origins,
        subgraph_sdl=sdl,
        public_sdl=public_sdl,
    )


async def _sdl_of(origin: str, client: httpx2.AsyncClient) -> str:
    response = await client.post(f"{origin}/graphql", json={"query": SDL_QUERY}, headers=CREDENTIAL)
    return response.json()["data"]["_service"]["sdl"]


async def composed(
    folder: Path, origins: Mapping[str, str], sdl: Mapping[str, str]
) -> tuple[Path, str]:
    """The supergraph's file and the public SDL, by a composer that is not ours."""
    arguments: list[str] = []
    for name, origin in origins.items():
        path = folder / f"{name}.graphql"
        path.write_text(sdl[name])
        arguments.append(f"{name}={origin}/graphql={path}")
    supergraph, public = folder / "supergraph.graphql", folder / "public.graphql"
    script = str(SCRIPTS / "compose.mjs")
    await finished(*NODE, script, str(supergraph), str(public), *arguments)
    return supergraph, public.read_text()


def port_of(origin: str) -> str:
    return origin.rpartition(":")[2]
