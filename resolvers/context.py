"""What a request carries through the graph, and what a process holds for its requests."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from core.loader import BatchLoader
from core.recent import RecentValues
from core.redis.responses import SharedResponses
from core.settings import Settings
from core.stores import Stores, open_stores
from models.documents import DOCUMENTS
from models.rows import UserRow
from models.subjects import Subject
from services.auth.access_tokens import AccessTokens
from services.auth.passwords import Passwords
from services.auth.viewer import Viewer
from services.payments.providers import Providers, close_providers, open_providers
from services.users.presence import Presence

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")
Fetched = TypeVar("Fetched", bound=Callable[..., Any])


NO_PROVIDERS: Providers = {}
RECALL = "recall"
"""The attribute of a batch function that tells what needs no fetch."""


def recalling(
    recall: Callable[["Context", Sequence[Any]], Sequence[Any]],
) -> Callable[[Fetched], Fetched]:
    """Let loaders take from `recall` what it knows, and call the batch function for the others.

    It answers in the order of the keys, with `None` for what it does not know.
    """

    def mark(fetch: Fetched) -> Fetched:
        setattr(fetch, RECALL, recall)
        return fetch

    return mark


@dataclass(frozen=True, slots=True)
class CookieChange:
    """What becomes of the client's refresh cookie: a new value, or its removal (`None`)."""

    value: str | None
    max_age_seconds: int


@dataclass(slots=True)
class Context:
    """One operation's view of the world: its viewer, the stores, and what it has loaded."""

    platform: "Platform"
    viewer: Viewer
    request_id: str
    refresh_cookie: str | None = None
    cookie_changes: list[CookieChange] = field(default_factory=list)
    response_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """What the response says besides, where it travels over HTTP."""
    scope: dict[Any, Any] = field(default_factory=dict)

    @property
    def stores(self) -> Stores:
        return self.platform.stores

    def renew(self) -> None:
        """Forget what was loaded, so that the next field sees what was just written."""
        self.scope.clear()

    def for_event(self) -> "Context":
        """A copy that has loaded nothing, for one event of a subscription."""
        return replace(self, scope={})

    def loader(
        self,
        fetch: Callable[
            Concatenate["Context", Sequence[Key], Arguments],
            Awaitable[Sequence[Value]],
        ],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> BatchLoader[Key, Value]:
        """The loader of this execution for `fetch`, which answers for many keys at once.

        `arguments` must be hashable; each combination has a loader of its own.
        """
        name = (fetch, arguments, *options.items())
        loader = self.scope.get(name)
        if loader is None:

            def fetch_batch(keys: list[Key]) -> Awaitable[Sequence[Value]]:
                return fetch(self, keys, *arguments, **options)

            recall = getattr(fetch, RECALL, None)
            known = None if recall is None else partial(recall, self)
            loader = self.scope[name] = BatchLoader(fetch_batch, known)
        return loader


@dataclass(frozen=True, slots=True)
class Platform:
    """What one process holds for all its requests."""

    stores: Stores
    passwords: Passwords
    tokens: AccessTokens
    presence: Presence
    people: RecentValues[UUID, UserRow]
    """Those whom this process has read in the last seconds."""
    providers: Providers
    """Who takes money for us."""

    @classmethod
    async def open(cls, settings: Settings) -> "Platform":
        """Open the stores that `settings` name. Raises StoreUnavailable, SettingsError."""
        signing_key = settings.private_key()
        stores = await open_stores(
            settings.stores(),
            pool_size=settings.database_pool_size,
            documents=DOCUMENTS,
            database_role=settings.database_role,
        )
        tokens = AccessTokens(signing_key, issuer=settings.issuer, clock=stores.clock)
        return cls.on(stores, Passwords(), tokens, open_providers(settings))

    @classmethod
    def on(
        cls,
        stores: Stores,
        passwords: Passwords,
        tokens: AccessTokens,
        providers: Providers = NO_PROVIDERS,
    ) -> "Platform":
        """A platform on open stores, which hears of what makes its memory old."""
        people = RecentValues[UUID, UserRow](may_recall=lambda: stores.signals.is_hearing)

        def forget(changed: Collection[str]) -> None:
            stores.cache.abandon_flights()
            if Subject.USERS in changed:
                people.forget()

        # Before any cache of answers hears of the change and asks again.
        stores.responses.watch(tuple(Subject), forget)
        presence = Presence(stores.redis, stores.signals)
        return cls(stores, passwords, tokens, presence, people, providers)

    @property
    def responses(self) -> SharedResponses:
        """The responses that all workers share."""
        return self.stores.responses

    async def run(self) -> None:
        """Hear other workers' signals, until cancelled."""
        await self.stores.signals.run()

    async def close(self) -> None:
        self.passwords.close()
        await close_providers(self.providers)
        await self.stores.close()

    def context(
        self, *, viewer: Viewer, request_id: str, refresh_cookie: str | None = None
    ) -> Context:
        """The context of one operation."""
        return Context(self, viewer, request_id, refresh_cookie)

    def authenticate(self, token: str) -> Viewer:
        """The viewer of an access token. Raises CodedError `UNAUTHENTICATED`."""
        return self.tokens.read(token)

    def jwks(self) -> dict[str, Any]:
        return self.tokens.public_keys()

    def checks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """A check of each dependency, by name; each raises StoreUnavailable."""
        return {
            "postgresql": self.stores.database.check,
            "mongodb": self.stores.mongo.check,
            "redis": self.stores.redis.check,
        }
