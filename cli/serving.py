"""Builds the applications that uvicorn serves, from the settings of the process."""

import socket
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from starlette.applications import Starlette

from core.money import trap_floats
from core.settings import Settings, SettingsError, settings
from core.telemetry.logging import configure_logging
from dev.seed import DEMO_PASSWORD, DEMO_PEOPLE
from graph.engine import Graph
from graph.manifest import plan_manifest
from graph.schema import build_composition, build_subgraph
from models.tables import User
from resolvers.context import Platform
from services.auth.accounts import sign_in
from web.app import create_app, create_subgraph_app
from web.graphiql import Demonstration, Person
from web.server.protocol import HttpProtocol

FRAME_BYTES_MAX = 65_536
SHUTDOWN_SECONDS = 10
# A busy machine takes its time to import everything; uvicorn would give a new worker five seconds.
START_SECONDS = 60
# Longer than gateways and load balancers keep idle connections (Node 5 s, many balancers 60 s): one
# that we closed first would take a request that is lost.
KEEP_ALIVE_SECONDS = 75


def application() -> Starlette:
    """The composed graph for clients. uvicorn calls it in each worker."""
    current = _started()
    return create_app(
        current,
        graph=composed_graph(current),
        open_platform=Platform.open,
        demonstration=Demonstration(people=seeded_people, sign_in=signed_in),
    )


def composed_graph(current: Settings) -> Graph:
    """The graph for clients, its persisted documents planned. Raises SettingsError for bad ones."""
    graph = Graph(
        build_composition().schema,
        timeout_seconds=current.operation_timeout_seconds,
        has_suggestions=current.is_development,
        traces_fields=current.traces_fields,
        cost_max=current.cost_max,
    )
    if current.documents_manifest is not None:
        plan_manifest(graph, current.documents_manifest)
    return graph


def subgraph_application() -> Starlette:
    """One subgraph for its gateway: the one that `AZORA_SUBGRAPH` names."""
    current = _started()
    graph = Graph(
        build_subgraph(current.subgraph or "").core_schema,
        timeout_seconds=current.operation_timeout_seconds,
        has_suggestions=False,
        traces_fields=current.traces_fields,
    )
    return create_subgraph_app(current, graph=graph, open_platform=Platform.open)


def uvicorn_options(current: Settings) -> dict[str, Any]:
    """How uvicorn serves: uvloop, httptools in our form, small WebSocket frames, a bounded end."""
    return {
        "app": f"cli.serving:{'' if current.subgraph is None else 'subgraph_'}application",
        "factory": True,
        "host": current.host,
        "port": current.port,
        "workers": current.workers,
        "loop": "uvloop",
        "http": HttpProtocol,
        "ws": "websockets-sansio",
        "ws_max_size": FRAME_BYTES_MAX,
        "ws_per_message_deflate": False,
        # graphql-transport-ws has pings of its own, which reach the client's code.
        "ws_ping_interval": None,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
        "timeout_worker_healthcheck": START_SECONDS,
        "access_log": False,
        "log_config": None,
        "log_level": "warning",
        "server_header": False,
    }


def require_free_port(current: Settings) -> None:
    """Return if the port can be had. Raises SettingsError that says how to choose another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((current.host, current.port))
        except OSError:
            message = (
                f"Port {current.port} of {current.host} is taken."
                f" Free it, or choose another: AZORA_PORT={current.port + 1}"
            )
            raise SettingsError(message) from None


async def seeded_people(platform: Platform) -> Sequence[Person]:
    """Those of the demo people who are in the database."""
    emails = [person.email for person in DEMO_PEOPLE]
    statement = select(User.email).where(col(User.email).in_(emails))
    async with platform.stores.database.read() as session:
        present = set(await session.scalars(statement))
    return [
        Person(each.name, each.role, each.email) for each in DEMO_PEOPLE if each.email in present
    ]


async def signed_in(platform: Platform, email: str) -> str | None:
    """An access token of a demo person; `None` for anybody else."""
    if email not in {person.email for person in await seeded_people(platform)}:
        return None
    session = await sign_in(
        platform.stores,
        platform.passwords,
        platform.tokens,
        email=email,
        password=DEMO_PASSWORD,
        is_native=True,
    )
    return session.access_token


def _started() -> Settings:
    current = settings()
    trap_floats()
    configure_logging(current.log_level, service=_service_name(current))
    return current


def _service_name(current: Settings) -> str:
    return "azora" if current.subgraph is None else f"azora-{current.subgraph}"


def environment_of(changes: dict[str, Any]) -> dict[str, str]:
    """Settings as the environment of worker processes."""
    return {f"AZORA_{name.upper()}": str(value) for name, value in changes.items()}
