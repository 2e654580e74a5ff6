"""Composes subgraphs with `@theguild/federation-composition`, a composer of others."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from graphql import build_schema

from graph.compose import SubgraphSchema
from graph.export import public_sdl, subgraph_sdl

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 120


def composed_sdl(subgraphs: Mapping[str, SubgraphSchema], folder: Path) -> str:
    """The public SDL that the composer makes of the subgraphs' SDL, sorted like ours."""
    for name, schema in subgraphs.items():
        (folder / f"{name}.graphql").write_text(subgraph_sdl(schema))
    public = folder / "public.graphql.out"
    subprocess.run(
        [
            ROOT / "dev/node.sh",
            *("run", "tests/gateway/compose.mjs", folder / "supergraph.graphql.out", public),
            *(f"{name}=http://{name}.test={folder / name}.graphql" for name in subgraphs),
        ],
        cwd=ROOT,
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    return public_sdl(build_schema(public.read_text()))
