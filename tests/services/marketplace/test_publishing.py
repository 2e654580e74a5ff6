"""Putting listings on offer and taking them off."""

import asyncio
from contextlib import suppress
from decimal import Decimal

import pytest

from core.ids import new_id
from models.tables import (
    ListingAction,
    PayWith,
    Plan,
    Role,
    Service,
    Subscription,
    SubscriptionState,
    User,
)
from models.topics import STATS_TOPIC, balance_topic
from services.ledger import (
    AccountFrozen,
    IdempotencyMismatch,
    InsufficientFunds,
    InvalidKey,
    freeze_wallet,
)
from services.marketplace.listing_states import PausedByAdmin, WrongListingState
from services.marketplace.listings import NotTheProvider, ServiceNotFound
from services.marketplace.publishing import ListingLimit, change_state, publish_service
from services.plans import RULES
from tests.services.ledger.bank import contradictions

PATIENCE_SECONDS = 10
FREE_MAX = RULES[Plan.FREE].listings_max


@pytest.fixture
def publish(stores, make):
    """Publish a service as a person, under a key of its own if none is named."""

    async def published(person, service, key=""):
        return await publish_service(
            stores,
            make.viewer(person),
            service_id=service.id,
            idempotency_key=key or new_id().hex,
        )

    return published


@pytest.fixture
def move(stores, make):
    async def moved(person, service, action):
        viewer = make.viewer(person)
        await change_state(stores, viewer, service_id=service.id, action=action)

    return moved


@pytest.fixture
def state_of(database):
    """The state of a service, and whether it is on offer."""

    async def read(service):
        async with database.read() as session:
            stored = await session.get_one(Service, service.id)
        return stored.state, stored.is_active

    return read


@pytest.fixture
def balance_of(database):
    async def read(user):
        async with database.read() as session:
            return (await session.get_one(User, user.id)).azr_balance

    return read


@pytest.fixture
def refused(make):
    """Awaits what is refused, and proves that nothing but the key's memory of it changed."""

    async def run(refusal, doing):
        before = await make.contents()
        with pytest.raises(refusal) as caught:
            await doing
        after = await make.contents()
        assert {**after, "ledger_keys": None} == {**before, "ledger_keys": None}
        return caught.value

    return run


@pytest.fixture
async def signals(stores):
    """The signals of the stores, arriving."""
    hearing = asyncio.ensure_future(stores.signals.run())
    async with stores.signals.listen("ready") as heard:
        while not heard.is_set():
            await stores.signals.publish("ready")
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), 0.05)
    yield stores.signals
    hearing.cancel()
    await asyncio.wait([hearing])


async def published_by(make, person, number):
    return [await make.service(person) for _ in range(number)]


async def subscribe(database, stores, person, plan):
    now = stores.clock()
    async with database.transaction() as session:
        session.add(
            Subscription(
                user_id=person.id,
                plan=plan,
                pay_with=PayWith.AZR,
                state=SubscriptionState.ACTIVE,
                starts_at=now,
                ends_at=now.replace(year=now.year + 1),
                day_of_month=1,
                due_at=now,
            )
        )


class TestPublishService:
    async def test_puts_a_draft_on_offer_for_ten_azr(
        self, make, database, publish, state_of, balance_of
    ):
        seller = await make.user(azr_balance=Decimal("12.5"))
        service = await make.service(seller, state="draft")

        is_replay = await publish(seller, service)

        assert not is_replay
        assert await state_of(service) == ("published", True)
        assert await balance_of(seller) == Decimal("2.5")
        contents = await make.contents()
        assert len(contents["ledger_transactions"]) == 2
        async with database.read() as session:
            assert await contradictions(session) == []

    async def test_wakes_who_watches_the_balance_or_the_figures(self, make, publish, signals):
        seller = await make.user(azr_balance=10)
        service = await make.service(seller, state="draft")

        async with (
            signals.listen(balance_topic(seller.id)) as balance_changed,
            signals.listen(STATS_TOPIC) as figures_changed,
        ):
            await publish(seller, service)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await balance_changed.wait()
                await figures_changed.wait()

        assert balance_changed.is_set()
        assert figures_changed.is_set()

    async def test_answers_a_second_time_without_doing_it_again(
        self, make, publish, move, balance_of, state_of
    ):
        seller = await make.user(azr_balance=30)
        service = await make.service(seller, state="draft")
        await publish(seller, service, key="publish-1")
        await move(seller, service, ListingAction.PAUSE)
        before = await make.contents()

        is_replay = await publish(seller, service, key="publish-1")

        assert is_replay
        assert await make.contents() == before
        assert await state_of(service) == ("paused", False)

    async def test_happens_once_when_it_is_sent_many_times_at_once(self, make, publish, balance_of):
        seller = await make.user(azr_balance=100)
        service = await make.service(seller, state="draft")

        sent = await asyncio.gather(*(publish(seller, service, key="publish-1") for _ in range(8)))

        assert sorted(sent) == [False] + [True] * 7
        assert await balance_of(seller) == 90

    async def test_refuses_the_key_of_another_service(self, make, publish, refused):
        seller = await make.user(azr_balance=30)
        one, other = [await make.service(seller, state="draft") for _ in range(2)]
        await publish(seller, one, key="publish-1")

        await refused(IdempotencyMismatch, publish(seller, other, key="publish-1"))

    async def test_refuses_a_malformed_key(self, make, publish, refused):
        seller = await make.user(azr_balance=30)

        await refused(InvalidKey, publish(seller, await make.service(seller, state="draft"), "?"))

    @pytest.mark.parametrize("azr", [0, Decimal("9.99999999")])
    async def test_refuses_a_provider_without_ten_azr(self, make, publish, refused, azr):
        seller = await make.user(azr_balance=azr)
        service = await make.service(seller, state="draft")

        refusal = await refused(InsufficientFunds, publish(seller, service))

        assert (refusal.available_azr, refusal.required_azr) == (azr, 10)

    async def test_refuses_a_frozen_wallet(self, make, database, publish, refused):
        seller = await make.user(azr_balance=30)
        service = await make.service(seller, state="draft")
        async with database.transaction() as session:
            await freeze_wallet(session, seller.id)

        await refused(AccountFrozen, publish(seller, service))

    @pytest.mark.parametrize("state", ["published", "paused", "closed"])
    async def test_refuses_what_is_no_draft(self, make, publish, refused, state):
        seller = await make.user(azr_balance=30)
        service = await make.service(seller, state=state)

        refusal = await refused(WrongListingState, publish(seller, service))

        assert refusal.state == state

    @pytest.mark.parametrize("role", Role)
    async def test_refuses_everybody_but_the_provider(self, make, publish, refused, role):
        service = await make.service(await make.user(azr_balance=30), state="draft")
        other = await make.user(role, azr_balance=30)

        await refused(NotTheProvider, publish(other, service))

    async def test_refuses_a_service_that_is_not_there(self, make, publish, refused):
        seller = await make.user(azr_balance=30)

        await refused(ServiceNotFound, publish(seller, Service(id=new_id())))


class TestLimit:
    async def test_is_that_of_the_plan(self, make, database, stores, publish, refused, state_of):
        seller = await make.user(azr_balance=30)
        await published_by(make, seller, FREE_MAX)
        # Neither of these counts.
        await make.service(seller, state="paused")
        await published_by(make, await make.user(), 1)
        draft = await make.service(seller, state="draft")

        refusal = await refused(ListingLimit, publish(seller, draft))
        await subscribe(database, stores, seller, Plan.STUDENT)
        await publish(seller, draft)

        assert refusal.limit == FREE_MAX
        assert await state_of(draft) == ("published", True)

    async def test_allows_the_last_one(self, make, publish, state_of):
        seller = await make.user(azr_balance=30)
        await published_by(make, seller, FREE_MAX - 1)
        draft = await make.service(seller, state="draft")

        await publish(seller, draft)

        assert await state_of(draft) == ("published", True)

    async def test_holds_for_what_is_resumed(self, make, move, refused):
        seller = await make.user()
        await published_by(make, seller, FREE_MAX)
        paused = await make.service(seller, state="paused")

        await refused(ListingLimit, move(seller, paused, ListingAction.RESUME))

    async def test_holds_when_many_are_published_and_resumed_at_once(
        self, make, database, publish, move, state_of, balance_of
    ):
        seller = await make.user(azr_balance=1000)
        await published_by(make, seller, FREE_MAX - 3)
        drafts = [await make.service(seller, state="draft") for _ in range(4)]
        paused = [await make.service(seller, state="paused") for _ in range(4)]

        done = await asyncio.gather(
            *(publish(seller, each) for each in drafts),
            *(move(seller, each, ListingAction.RESUME) for each in paused),
            return_exceptions=True,
        )

        assert sum(isinstance(each, ListingLimit) for each in done) == 5
        on_offer = [(await state_of(each))[1] for each in (*drafts, *paused)]
        assert sum(on_offer) == 3
        assert await balance_of(seller) == 1000 - 10 * done[:4].count(False)
        async with database.read() as session:
            assert await contradictions(session) == []


class TestChangeState:
    @pytest.mark.parametrize(
        ("state", "action", "leads_to"),
        [
            ("published", ListingAction.PAUSE, ("paused", False)),
            ("paused", ListingAction.RESUME, ("published", True)),
            ("draft", ListingAction.CLOSE, ("closed", False)),
            ("published", ListingAction.CLOSE, ("closed", False)),
            ("paused", ListingAction.CLOSE, ("closed", False)),
        ],
    )
    async def test_moves_a_listing_and_costs_nothing(
        self, make, move, state_of, balance_of, state, action, leads_to
    ):
        seller = await make.user(azr_balance=5)
        service = await make.service(seller, state=state)

        await move(seller, service, action)

        assert await state_of(service) == leads_to
        assert await balance_of(seller) == 5

    @pytest.mark.parametrize(
        ("state", "action"),
        [
            ("draft", ListingAction.PAUSE),
            ("draft", ListingAction.RESUME),
            ("published", ListingAction.RESUME),
            ("paused", ListingAction.PAUSE),
            ("closed", ListingAction.RESUME),
            ("closed", ListingAction.CLOSE),
        ],
    )
    async def test_refuses_what_its_state_does_not_allow(self, make, move, refused, state, action):
        seller = await make.user()
        service = await make.service(seller, state=state)

        refusal = await refused(WrongListingState, move(seller, service, action))

        assert refusal.state == state

    async def test_lets_admins_take_down_what_is_not_theirs_and_not_resume_what_others_paused(
        self, make, move, refused, state_of
    ):
        seller, admin = await make.user(), await make.user(Role.ADMIN)
        service = await make.service(seller)

        await move(seller, service, ListingAction.PAUSE)
        await refused(NotTheProvider, move(admin, service, ListingAction.RESUME))
        await move(admin, service, ListingAction.CLOSE)

        assert await state_of(service) == ("closed", False)

    async def test_lets_only_admins_resume_what_an_admin_paused(
        self, make, move, refused, state_of
    ):
        seller = await make.user()
        admin, other = [await make.user(Role.ADMIN) for _ in range(2)]
        service = await make.service(seller)

        await move(admin, service, ListingAction.PAUSE)
        await refused(PausedByAdmin, move(seller, service, ListingAction.RESUME))
        assert await state_of(service) == ("paused", False)
        await move(other, service, ListingAction.RESUME)
        await move(seller, service, ListingAction.PAUSE)
        await move(seller, service, ListingAction.RESUME)

        assert await state_of(service) == ("published", True)

    @pytest.mark.parametrize(
        "action", [ListingAction.PAUSE, ListingAction.RESUME, ListingAction.CLOSE]
    )
    async def test_refuses_everybody_else(self, make, move, refused, action):
        service = await make.service(await make.user())

        await refused(NotTheProvider, move(await make.user(Role.SELLER), service, action))

    async def test_refuses_a_service_that_is_not_there(self, make, move, refused):
        seller = await make.user()

        await refused(ServiceNotFound, move(seller, Service(id=new_id()), ListingAction.CLOSE))
