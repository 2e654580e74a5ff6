"""What the endpoints of one application share while it serves."""

from dataclasses import dataclass, field

from core.settings import Settings
from graph.caching.keys import namespace_of
from graph.engine import Graph
from resolvers.context import Platform
from web.caching import Responses
from web.sockets import OpenSockets, SocketLimits


@dataclass(slots=True)
class Runtime:
    """One application in one process. `platform` is there within the application's lifespan."""

    settings: Settings
    graph: Graph
    gateway_secret: bytes | None = None
    """Set on a subgraph: only requests with this credential are served."""
    socket_limits: SocketLimits = field(default_factory=SocketLimits)
    sockets: OpenSockets = field(default_factory=OpenSockets)
    opened: Platform | None = None
    responses: Responses | None = None
    """Where anonymous answers are cached; `None` for never."""

    @property
    def platform(self) -> Platform:
        if self.opened is None:
            message = "the platform is open only within the application's lifespan"
            raise RuntimeError(message)
        return self.opened

    def share_responses(self) -> None:
        """Share cached responses with the other workers of the platform, which has been opened."""
        if self.responses is not None:
            namespace = namespace_of(self.graph.schema)
            self.responses.share(self.platform.responses, namespace=namespace)
