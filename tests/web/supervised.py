"""An application that tells its process id, for the tests that signal its supervisor."""

import os
import sys
from typing import cast

import uvicorn
from starlette.applications import Starlette

from cli.serving import START_SECONDS
from core.settings import Settings
from core.telemetry.logging import configure_logging
from resolvers.context import Platform
from tests.web.world import FakePlatform, make_graph, make_settings
from web.app import create_app
from web.server.protocol import HttpProtocol


async def open_platform(_: Settings) -> Platform:
    sys.stdout.write(f"worker {os.getpid()}\n")
    sys.stdout.flush()
    return cast("Platform", FakePlatform())


def application() -> Starlette:
    configure_logging("error")
    return create_app(make_settings(), graph=make_graph(), open_platform=open_platform)


if __name__ == "__main__":
    uvicorn.run(
        "tests.web.supervised:application",
        factory=True,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        workers=2,
        http=HttpProtocol,
        timeout_worker_healthcheck=START_SECONDS,
        log_level="error",
    )
