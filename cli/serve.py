"""Serves the composed graph, or one subgraph for its gateway."""

import os
from typing import Annotated, Any

import typer
import uvicorn

from cli.serving import composed_graph, environment_of, require_free_port, uvicorn_options
from core.settings import SettingsError, read_settings
from graph.schema import SUBGRAPH_NAMES


def serve(
    subgraph: Annotated[
        str | None,
        typer.Option(help=f"Serve this subgraph alone: {', '.join(SUBGRAPH_NAMES)}."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that share the port.")
    ] = None,
) -> None:
    """Serve on databases that are there already, named by `AZORA_DATABASE_URL` and its kin.

    A subgraph served alone answers only requests with the gateway's credential.

    Example: `azora serve --workers 4`, or `azora serve --subgraph users`
    """
    if subgraph is not None and subgraph not in SUBGRAPH_NAMES:
        message = f"There is no subgraph '{subgraph}'. There are: {', '.join(SUBGRAPH_NAMES)}."
        raise SettingsError(message)
    changes: dict[str, Any] = {"subgraph": subgraph, "workers": workers}
    given = {name: value for name, value in changes.items() if value is not None}
    os.environ.update(environment_of(given))
    current = read_settings()
    current.stores()
    current.private_key()
    if subgraph is not None and current.gateway_secret is None:
        message = "AZORA_GATEWAY_SECRET must be set to serve a subgraph: at least 32 characters."
        raise SettingsError(message)
    require_free_port(current)
    if current.workers > 1 and current.documents_manifest and current.subgraph is None:
        # A worker that cannot start is started again for ever: find out before there are any.
        composed_graph(current)
    uvicorn.run(**uvicorn_options(current))
