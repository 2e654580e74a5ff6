"""Offering services and changing an offer."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from core.database import WriteSession
from core.errors import DomainError
from core.statements import Statement
from core.stores import Stores
from core.validation import Checks
from models.cache import ACTIVE_SERVICES_KEY, user_key
from models.subjects import Subject
from models.tables import Category, ListingAction, ListingState, Role, Service, User
from services.auth.viewer import AccountGone, Viewer
from services.marketplace.listing_states import allowed_actions, take

PRICE_PLACES = 6
PRICE_AZR_MAX = Decimal(1_000_000)
CATEGORY = Statement(select(col(Category.name)).where(col(Category.name) == bindparam("name")))


class ServiceNotFound(DomainError):
    """No service has this id."""

    code = "SERVICE_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__("There is no such service.", field=("input", name))


class NotTheProvider(DomainError):
    """Only its provider may change a service."""

    code = "NOT_THE_PROVIDER"

    def __init__(self) -> None:
        super().__init__("Only the person who offers a service may change it.")


async def create_service(
    stores: Stores,
    *,
    provider_id: UUID,
    name: str,
    category: str,
    description: str,
    price_azr: Decimal,
) -> UUID:
    """Draft a service, which nobody finds yet; its provider becomes a seller. Returns its id.

    Raises InvalidInput, AccountGone.
    """
    checks = Checks()
    values = {
        "name": name,
        "category": category,
        "description": description,
        "price_azr": price_azr,
    }
    cleaned = await _checked(stores, checks, values)
    checks.done()
    now = stores.clock()
    service = Service(
        provider_id=provider_id,
        state=ListingState.DRAFT.value,
        is_active=False,
        created_at=now,
        updated_at=now,
        **cleaned,
    )
    async with stores.change(
        keys=[ACTIVE_SERVICES_KEY, user_key(provider_id)],
        subjects=[Subject.SERVICES, Subject.USERS],
    ) as session:
        await _become_seller(session, provider_id)
        session.add(service)
    return service.id


async def update_service(
    stores: Stores, viewer: Viewer, *, service_id: UUID, changes: dict[str, Any]
) -> None:
    """Change the given fields of a service, or nothing. Its provider and admins may.

    Raises InvalidInput, ServiceNotFound, NotTheProvider, WrongListingState.
    """
    checks = Checks()
    cleaned = await _checked(stores, checks, changes)
    checks.done()
    async with stores.change(keys=[ACTIVE_SERVICES_KEY], subjects=[Subject.SERVICES]) as session:
        service = await locked_listing(session, viewer, service_id, ListingAction.UPDATE)
        take(service, ListingAction.UPDATE, viewer)
        for name, value in cleaned.items():
            setattr(service, name, value)


async def locked_listing(
    session: WriteSession, viewer: Viewer, service_id: UUID, action: ListingAction
) -> Service:
    """The service, which nobody else changes meanwhile.

    Raises ServiceNotFound, and NotTheProvider if the action is not for the viewer.
    """
    service = await session.get(Service, service_id, with_for_update=True)
    if service is None:
        raise ServiceNotFound("id")
    if action not in allowed_actions(viewer, service.provider_id, is_held=service.is_held):
        raise NotTheProvider
    return service


async def _become_seller(session: WriteSession, user_id: UUID) -> None:
    provider = await session.get(User, user_id, with_for_update=True)
    if provider is None:
        raise AccountGone
    if Role.SELLER not in provider.roles:
        provider.roles = [*provider.roles, Role.SELLER.value]


async def _checked(stores: Stores, checks: Checks, values: dict[str, Any]) -> dict[str, Any]:
    cleaned = dict(values)
    for name, label, length_max, is_long in (
        ("name", "name", 255, False),
        ("category", "category", 100, False),
        ("description", "description", 5000, True),
    ):
        if name not in values:
            continue
        if values[name] is None:
            checks.refuse(label, f"`{label}` cannot be empty. Leave it out to keep its value.")
        else:
            cleaned[name] = checks.text(label, values[name], length_max=length_max, is_long=is_long)
    if "price_azr" in values:
        _check_price(checks, values["price_azr"])
    if "category" in values and all(fault.field != "category" for fault in checks.faults):
        await _check_category(stores, checks, cleaned["category"])
    return cleaned


async def _check_category(stores: Stores, checks: Checks, name: str) -> None:
    if not await stores.database.fetch(CATEGORY, {"name": name}):
        message = "`category` must be a name that the query `categories` lists, exactly as there."
        checks.refuse("category", message)


def _check_price(checks: Checks, price_azr: Decimal | None) -> None:
    """At most 6 decimals, so that a commission of 15 % is exact at 8 (product rule)."""
    if price_azr is None or not 0 < price_azr <= PRICE_AZR_MAX:
        checks.refuse("priceAzr", f"`priceAzr` must be above 0 and at most {PRICE_AZR_MAX}.")
    elif price_azr != round(price_azr, PRICE_PLACES):
        checks.refuse("priceAzr", f"`priceAzr` must have at most {PRICE_PLACES} decimals.")
