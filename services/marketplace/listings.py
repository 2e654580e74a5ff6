"""Offering services and changing an offer."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from core.database import WriteSession
from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.cache import ACTIVE_SERVICES_KEY, STATS_KEY, user_key
from models.subjects import Subject
from models.tables import Role, Service, User
from models.topics import STATS_TOPIC
from services.auth.viewer import AccountGone, Viewer

PRICE_PLACES = 6
PRICE_AZR_MAX = Decimal(1_000_000)


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
    """Offer a service; its provider becomes a seller. Returns its id.

    Raises InvalidInput, AccountGone.
    """
    checks = Checks()
    values = {
        "name": name,
        "category": category,
        "description": description,
        "price_azr": price_azr,
    }
    cleaned = _checked(checks, values)
    checks.done()
    now = stores.clock()
    service = Service(provider_id=provider_id, created_at=now, updated_at=now, **cleaned)
    async with stores.change(
        keys=[ACTIVE_SERVICES_KEY, STATS_KEY, user_key(provider_id)],
        subjects=[Subject.SERVICES, Subject.USERS, Subject.STATS],
        topics=[STATS_TOPIC],
    ) as session:
        await _become_seller(session, provider_id)
        session.add(service)
    return service.id


async def update_service(
    stores: Stores, viewer: Viewer, *, service_id: UUID, changes: dict[str, Any]
) -> None:
    """Change the given fields of a service, or nothing. Its provider and admins may.

    Raises InvalidInput, ServiceNotFound, NotTheProvider.
    """
    checks = Checks()
    cleaned = _checked(checks, changes)
    checks.done()
    async with stores.change(
        keys=[ACTIVE_SERVICES_KEY, STATS_KEY],
        subjects=[Subject.SERVICES, Subject.STATS],
        topics=[STATS_TOPIC],
    ) as session:
        service = await session.get(Service, service_id, with_for_update=True)
        if service is None:
            raise ServiceNotFound("id")
        if not viewer.may_see(service.provider_id):
            raise NotTheProvider
        for name, value in cleaned.items():
            setattr(service, name, value)


async def _become_seller(session: WriteSession, user_id: UUID) -> None:
    provider = await session.get(User, user_id, with_for_update=True)
    if provider is None:
        raise AccountGone
    if Role.SELLER not in provider.roles:
        provider.roles = [*provider.roles, Role.SELLER.value]


def _checked(checks: Checks, values: dict[str, Any]) -> dict[str, Any]:
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
    if values.get("is_active", True) is None:
        checks.refuse("isActive", "`isActive` must be true or false.")
    return cleaned


def _check_price(checks: Checks, price_azr: Decimal | None) -> None:
    """At most 6 decimals, so that a commission of 15 % is exact at 8 (product rule)."""
    if price_azr is None or not 0 < price_azr <= PRICE_AZR_MAX:
        checks.refuse("priceAzr", f"`priceAzr` must be above 0 and at most {PRICE_AZR_MAX}.")
    elif price_azr != round(price_azr, PRICE_PLACES):
        checks.refuse("priceAzr", f"`priceAzr` must have at most {PRICE_PLACES} decimals.")
