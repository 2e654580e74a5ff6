"""Writes make cached pages old: at once where they were written, soon in the other workers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from core.redis.pubsub import PubSub
from core.redis.responses import SharedResponses
from core.settings import StoreAddresses
from core.stores import Stores
from graph.engine import Graph
from models.subjects import Subject
from models.tables import ListingAction, Order, OrderState, Service, User
from resolvers.context import Platform
from services.auth.access_tokens import AccessTokens
from services.auth.passwords import Passwords
from services.auth.viewer import Viewer
from services.learning.enrolments import complete_lesson, enrol
from services.marketplace.listings import create_service, update_service
from services.marketplace.publishing import change_state, publish_service
from services.marketplace.reviews import review_order
from services.users.profiles import update_profile
from subgraphs.shared.ids import Kind, public_id
from tests.factories import Make
from tests.web.world import Client, make_settings
from web.app import create_app

SERVICES = "{ services { nodes { name reviewCount reviews { nodes { comment } } } } }"
PEOPLE = "{ users { nodes { fullName certificatesCount } } }"
STATS = "{ stats { users services } }"
REVIEW_ORDER = """mutation ($id: ID!) {
  reviewOrder(input: { orderId: $id, rating: 5, comment: "Well done." }) { __typename }
}"""
PATIENCE_SECONDS = 15
ATTEMPTS_MAX = 5
REDIS_RESTS_SECONDS = 1.1

OpenWorker = Callable[[], Awaitable[Client]]


@pytest.fixture
def make_platform(
    stores: Stores, addresses: StoreAddresses, tokens: AccessTokens
) -> Callable[[], Platform]:
    """What one more process holds: signals and shared responses of its own."""

    def made() -> Platform:
        signals = PubSub(addresses.redis_url, stores.redis)
        responses = SharedResponses(stores.redis, signals)
        own = replace(stores, signals=signals, responses=responses)
        return Platform.on(own, Passwords(), tokens)

    return made


@pytest.fixture
async def open_worker(
    make_platform: Callable[[], Platform], graph: Graph
) -> AsyncGenerator[OpenWorker]:
    async with AsyncExitStack() as stack:

        async def opened() -> Client:
            return await stack.enter_async_context(_worker(make_platform(), graph))

        yield opened


@asynccontextmanager
async def _worker(platform: Platform, graph: Graph) -> AsyncGenerator[Client]:
    """A process that serves: its application, hearing what others write."""
    app = create_app(make_settings(), graph=graph, open_platform=_never)
    runtime = app.state.runtime
    runtime.opened = platform
    runtime.share_responses()
    heard = asyncio.Event()
    platform.stores.signals.watch(f"changed:{Subject.SERVICES}", heard.set)
    hearing = asyncio.create_task(platform.run())
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://azora.test") as client:
        # From now on its cache hears every write.
        async with asyncio.timeout(PATIENCE_SECONDS):
            await heard.wait()
        client.platform = platform  # type: ignore[attr-defined]
        yield client
    hearing.cancel()
    await asyncio.wait([hearing])


async def _never(_: object) -> Platform:
    raise AssertionError


async def ask(client: Client, query: str, headers: Any = None, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    answer = await client.post("/graphql", json=body, headers=headers or {})
    assert "errors" not in answer.json(), answer.json()
    return answer.json()["data"]


def reviewed(name: str, *comments: str) -> dict[str, Any]:
    nodes = [{"comment": comment} for comment in comments]
    service = {"name": name, "reviewCount": len(comments), "reviews": {"nodes": nodes}}
    return {"services": {"nodes": [service]}}


async def order_reviewed_by_seller(
    client: Client, make: Make, service: Service, buyer: User
) -> Order:
    """An order whose buyer's review would show both."""
    order = await make.order(service, buyer, OrderState.COMPLETED)
    seller = Viewer(user_id=service.provider_id)
    await review_order(
        client.platform.stores, seller, order_id=order.id, rating=5, comment="Paid at once."
    )
    return order


class TestReview:
    async def test_is_on_the_cached_page_at_once(
        self, open_worker: OpenWorker, make: Make, tokens: AccessTokens
    ) -> None:
        client, provider, author = await open_worker(), await make.user(), await make.user()
        service = await make.service(provider, name="Logo")
        order = await order_reviewed_by_seller(client, make, service, author)
        token, _ = tokens.issue(author.id, author.id, [])
        assert await ask(client, SERVICES) == reviewed("Logo")

        done = await ask(
            client,
            REVIEW_ORDER,
            {"Authorization": f"Bearer {token}"},
            id=public_id(Kind.ORDER, order.id),
        )

        assert done == {"reviewOrder": {"__typename": "ReviewPayload"}}
        assert await ask(client, SERVICES) == reviewed("Logo", "Well done.")

    async def test_reaches_the_pages_of_other_workers(
        self, open_worker: OpenWorker, make: Make
    ) -> None:
        here, there = await open_worker(), await open_worker()
        provider, author = await make.user(), await make.user()
        service = await make.service(provider, name="Logo")
        order = await order_reviewed_by_seller(here, make, service, author)
        for client in (here, there):
            assert await ask(client, SERVICES) == reviewed("Logo")
        heard = asyncio.Event()
        there.platform.stores.signals.watch(f"changed:{Subject.SERVICES}", heard.set)

        await review_order(
            here.platform.stores,
            make.viewer(author),
            order_id=order.id,
            rating=4,
            comment="Fine.",
        )

        assert await ask(here, SERVICES) == reviewed("Logo", "Fine.")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await heard.wait()
        assert await ask(there, SERVICES) == reviewed("Logo", "Fine.")


class TestPages:
    async def test_are_one_for_all_workers(self, open_worker: OpenWorker, make: Make) -> None:
        here, there = await open_worker(), await open_worker()
        # On a busy machine Redis may answer too late, which workers do not wait for.
        for attempt in range(ATTEMPTS_MAX):
            query = f"{{ users {{ nodes {{ name{attempt}: fullName }} }} }}"
            first = await ask(here, query)
            # Behind the commands' back, so that nobody hears of it.
            await make.user()
            second = await ask(there, query)
            if first == second:
                break
            await asyncio.sleep(REDIS_RESTS_SECONDS)

        assert first == second
        assert len(first["users"]["nodes"]) == attempt


Write = Callable[[Stores, Make, User], Awaitable[object]]


async def _draft(stores: Stores, _: Make, person: User) -> object:
    return await create_service(
        stores,
        provider_id=person.id,
        name="New",
        category="Design",
        description="A sentence.",
        price_azr=1,
    )


async def _offer(stores: Stores, make: Make, person: User) -> object:
    service = await make.service(await make.azr(person, 10), state="draft")
    return await publish_service(
        stores, make.viewer(person), service_id=service.id, idempotency_key=service.id.hex
    )


async def _amend(stores: Stores, make: Make, person: User) -> object:
    service = await make.service(person)
    return await update_service(
        stores, make.viewer(person), service_id=service.id, changes={"name": "Amended"}
    )


async def _withdraw(stores: Stores, make: Make, person: User) -> object:
    service = await make.service(person)
    return await change_state(
        stores, make.viewer(person), service_id=service.id, action=ListingAction.PAUSE
    )


async def _rename(stores: Stores, _: Make, person: User) -> object:
    return await update_profile(stores, user_id=person.id, changes={"full_name": "Renamed"})


async def _graduate(stores: Stores, make: Make, person: User) -> object:
    course = await make.course(await make.user(), lessons=1)
    [lesson] = await make.lessons(course)
    await enrol(stores, user_id=person.id, course_id=course.id)
    return await complete_lesson(stores, user_id=person.id, lesson_id=lesson.id)


class TestCommands:
    @pytest.mark.parametrize(
        ("write", "changed"),
        [
            (_draft, {Subject.SERVICES, Subject.USERS}),
            (_offer, {Subject.SERVICES, Subject.STATS}),
            (_amend, {Subject.SERVICES}),
            (_withdraw, {Subject.SERVICES, Subject.STATS}),
            (_rename, {Subject.USERS}),
            (_graduate, {Subject.CERTIFICATES}),
        ],
    )
    async def test_announce_what_they_changed(
        self,
        make_platform: Callable[[], Platform],
        make: Make,
        write: Write,
        changed: set[Subject],
    ) -> None:
        stores = make_platform().stores
        announced: list[str] = []
        stores.responses.watch((), announced.extend)

        await write(stores, make, await make.user())

        assert set(announced) == changed

    @pytest.mark.parametrize(
        ("write", "query"), [(_offer, STATS), (_rename, PEOPLE), (_graduate, PEOPLE)]
    )
    async def test_change_the_cached_page_at_once(
        self, open_worker: OpenWorker, make: Make, write: Write, query: str
    ) -> None:
        client, person = await open_worker(), await make.user()
        before = await ask(client, query)
        assert await ask(client, query) == before

        await write(client.platform.stores, make, person)

        assert await ask(client, query) != before
