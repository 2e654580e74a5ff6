"""Offering services and changing an offer."""

import asyncio
from decimal import Decimal

import pytest

from core.ids import new_id
from core.validation import InvalidInput
from models.tables import Role, Service, User
from services.auth.viewer import AccountGone
from services.marketplace.listing_states import WrongListingState
from services.marketplace.listings import (
    NotTheProvider,
    ServiceNotFound,
    create_service,
    update_service,
)

PRICE_RANGE = "`priceAzr` must be above 0 and at most 1000000."
PRICE_PLACES = "`priceAzr` must have at most 6 decimals."
UNKNOWN_CATEGORY = "`category` must be a name that the query `categories` lists, exactly as there."
AT_THEIR_LIMITS = [
    {"name": "A"},
    {"name": "A" * 255},
    {"category": "Agriculture"},
    {"category": "Writing & Translation"},
    {"description": "A"},
    {"description": "A" * 5000},
    {"description": "Two\nlines\tand a tab."},
    {"price_azr": Decimal("0.000001")},
    {"price_azr": Decimal(1_000_000)},
    {"price_azr": Decimal("999999.999999")},
]
BEYOND_THEM = [
    *(
        ({name: value}, name, f"`{name}` must have 1 to {length_max} characters.")
        for name, length_max in (("name", 255), ("category", 100), ("description", 5000))
        for value in ("", "  \n ", "A" * (length_max + 1))
    ),
    *(
        ({name: "A\x07"}, name, f"`{name}` must not have control characters.")
        for name in ("name", "category", "description")
    ),
    ({"name": "Two\nlines"}, "name", "`name` must be one line."),
    ({"category": "Two\nlines"}, "category", "`category` must be one line."),
    *(({"category": name}, "category", UNKNOWN_CATEGORY) for name in ("Sorcery", "design", "Des")),
    ({"price_azr": Decimal(0)}, "priceAzr", PRICE_RANGE),
    ({"price_azr": Decimal("1000000.000001")}, "priceAzr", PRICE_RANGE),
    ({"price_azr": Decimal("0.0000001")}, "priceAzr", PRICE_PLACES),
    ({"price_azr": Decimal("12.12345678")}, "priceAzr", PRICE_PLACES),
]
LEFT_EMPTY = [
    *(
        ({name: None}, name, f"`{name}` cannot be empty. Leave it out to keep its value.")
        for name in ("name", "category", "description")
    ),
    ({"price_azr": None}, "priceAzr", PRICE_RANGE),
]


@pytest.fixture
def offer(timed):
    """Offer a service with what a test does not care about filled in."""

    async def offered(provider_id, **values):
        defaults = {
            "name": "Logo",
            "category": "Design",
            "description": "Three drafts.",
            "price_azr": Decimal("12.5"),
        }
        return await create_service(timed, provider_id=provider_id, **{**defaults, **values})

    return offered


@pytest.fixture
def stored(database):
    async def read(table, key):
        async with database.read() as session:
            return await session.get_one(table, key)

    return read


class TestCreateService:
    async def test_drafts_a_service(self, make, offer, stored, watch):
        provider = await make.user()

        service_id = await offer(provider.id, name="  Logo ", description=" Three\ndrafts. ")

        service = await stored(Service, service_id)
        assert (service.name, service.category) == ("Logo", "Design")
        assert service.description == "Three\ndrafts."
        assert (service.price_azr, service.state) == (Decimal("12.5"), "draft")
        assert not service.is_active
        assert (service.review_count, service.rating_total) == (0, 0)
        assert service.provider_id == provider.id
        assert (service.created_at, service.updated_at) == (watch.now, watch.now)

    async def test_makes_the_provider_a_seller_once(self, make, offer, stored):
        provider = await make.user(Role.INSTRUCTOR)

        for _ in range(3):
            await offer(provider.id)

        assert (await stored(User, provider.id)).roles == ["learner", "instructor", "seller"]

    async def test_makes_the_provider_a_seller_once_when_many_come_at_once(
        self, make, offer, stored
    ):
        provider = await make.user()

        made = await asyncio.gather(*(offer(provider.id) for _ in range(10)))

        assert len(set(made)) == 10
        assert (await stored(User, provider.id)).roles == ["learner", "seller"]

    @pytest.mark.parametrize("values", AT_THEIR_LIMITS)
    async def test_accepts_values_at_their_limits(self, make, offer, stored, values):
        service = await stored(Service, await offer((await make.user()).id, **values))

        ((name, value),) = values.items()
        assert getattr(service, name) == value

    @pytest.mark.parametrize(("values", "field", "message"), BEYOND_THEM)
    async def test_refuses_values_beyond_them_and_changes_nothing(
        self, make, offer, values, field, message
    ):
        provider = await make.user()
        before = await make.contents()

        with pytest.raises(InvalidInput) as refused:
            await offer(provider.id, **values)

        assert refused.value.field == ("input", field)
        assert [fault.message for fault in refused.value.faults] == [message]
        assert await make.contents() == before

    async def test_lists_every_fault(self, make, offer):
        with pytest.raises(InvalidInput) as refused:
            await offer(
                (await make.user()).id,
                name="",
                category="",
                description="",
                price_azr=Decimal(0),
            )

        assert [fault.field for fault in refused.value.faults] == [
            "name",
            "category",
            "description",
            "priceAzr",
        ]

    async def test_refuses_an_account_that_is_gone(self, make, offer):
        before = await make.contents()

        with pytest.raises(AccountGone):
            await offer(new_id())

        assert await make.contents() == before


class TestUpdateService:
    async def test_changes_what_is_given_and_keeps_the_rest(self, make, timed, stored):
        provider = await make.user()
        service = await make.service(provider, price_azr=Decimal(30))

        await update_service(
            timed,
            make.viewer(provider),
            service_id=service.id,
            changes={"name": " Banner "},
        )

        changed = await stored(Service, service.id)
        assert (changed.name, changed.is_active) == ("Banner", True)
        assert (changed.category, changed.description) == ("Design", "A sentence about it.")
        assert (changed.price_azr, changed.provider_id) == (Decimal(30), provider.id)
        assert changed.created_at == service.created_at

    async def test_is_open_to_admins(self, make, timed, stored):
        service = await make.service(await make.user())
        admin = await make.user(Role.ADMIN)

        await update_service(
            timed, make.viewer(admin), service_id=service.id, changes={"name": "Mended"}
        )

        assert (await stored(Service, service.id)).name == "Mended"

    async def test_changes_nothing_without_changes(self, make, timed):
        provider = await make.user()
        service = await make.service(provider)
        before = await make.contents()

        await update_service(timed, make.viewer(provider), service_id=service.id, changes={})

        assert await make.contents() == before

    @pytest.mark.parametrize("changes", AT_THEIR_LIMITS)
    async def test_accepts_values_at_their_limits(self, make, timed, stored, changes):
        provider = await make.user()
        service = await make.service(provider)

        await update_service(timed, make.viewer(provider), service_id=service.id, changes=changes)

        ((name, value),) = changes.items()
        assert getattr(await stored(Service, service.id), name) == value

    @pytest.mark.parametrize(("changes", "field", "message"), [*BEYOND_THEM, *LEFT_EMPTY])
    async def test_refuses_values_beyond_them_and_changes_nothing(
        self, make, timed, changes, field, message
    ):
        provider = await make.user()
        service = await make.service(provider)
        before = await make.contents()

        with pytest.raises(InvalidInput) as refused:
            await update_service(
                timed,
                make.viewer(provider),
                service_id=service.id,
                changes={"name": "Fine", **changes},
            )

        assert refused.value.field == ("input", field)
        assert [fault.message for fault in refused.value.faults] == [message]
        assert await make.contents() == before

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
    async def test_refuses_everybody_else_and_changes_nothing(self, make, timed, role):
        service = await make.service(await make.user())
        stranger = await make.user(role)
        before = await make.contents()

        with pytest.raises(NotTheProvider) as refused:
            await update_service(
                timed, make.viewer(stranger), service_id=service.id, changes={"name": "Mine"}
            )

        assert (refused.value.code, refused.value.field) == ("NOT_THE_PROVIDER", None)
        assert await make.contents() == before

    @pytest.mark.parametrize("state", ["draft", "paused"])
    async def test_changes_what_is_not_on_offer_and_leaves_its_state(
        self, make, timed, stored, state
    ):
        provider = await make.user()
        service = await make.service(provider, state=state)

        await update_service(
            timed, make.viewer(provider), service_id=service.id, changes={"name": "Banner"}
        )

        changed = await stored(Service, service.id)
        assert (changed.name, changed.state) == ("Banner", state)

    async def test_refuses_a_closed_service_and_changes_nothing(self, make, timed):
        provider = await make.user()
        service = await make.service(provider, state="closed")
        before = await make.contents()

        with pytest.raises(WrongListingState) as refused:
            await update_service(
                timed, make.viewer(provider), service_id=service.id, changes={"name": "Again"}
            )

        assert (refused.value.state, refused.value.available_actions) == ("closed", ())
        assert await make.contents() == before

    async def test_refuses_a_service_that_is_not_there(self, make, timed):
        viewer = make.viewer(await make.user())

        with pytest.raises(ServiceNotFound) as refused:
            await update_service(timed, viewer, service_id=new_id(), changes={"name": "Mine"})

        assert (refused.value.code, refused.value.field) == ("SERVICE_NOT_FOUND", ("input", "id"))
