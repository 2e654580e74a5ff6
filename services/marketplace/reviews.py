"""Judging a service."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core.database import violated_constraint
from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.cache import ACTIVE_SERVICES_KEY
from models.subjects import Subject
from models.tables import Review, Service
from services.auth.viewer import AccountGone
from services.marketplace.listings import ServiceNotFound

RATING_MAX = 5


class OwnService(DomainError):
    """People do not judge what they offer themselves."""

    code = "OWN_SERVICE"

    def __init__(self) -> None:
        super().__init__("You cannot review a service that you offer yourself.")


class AlreadyReviewed(DomainError):
    """One person judges one service once."""

    code = "ALREADY_REVIEWED"

    def __init__(self) -> None:
        super().__init__("You have reviewed this service already.")


async def add_review(
    stores: Stores, *, author_id: UUID, service_id: UUID, rating: int, comment: str
) -> UUID:
    """Add a review and count it in the service's rating, or change nothing. Returns its id.

    Raises InvalidInput, ServiceNotFound, OwnService, AlreadyReviewed, AccountGone.
    """
    checks = Checks()
    if not 1 <= rating <= RATING_MAX:
        checks.refuse("rating", f"`rating` must be from 1 to {RATING_MAX}.")
    text = checks.text("comment", comment, length_max=2000, is_long=True)
    checks.done()
    review = Review(
        service_id=service_id,
        author_id=author_id,
        rating=rating,
        comment=text,
        created_at=stores.clock(),
    )
    try:
        async with stores.change(
            keys=[ACTIVE_SERVICES_KEY], subjects=[Subject.REVIEWS, Subject.SERVICES]
        ) as session:
            service = await session.get(Service, service_id, with_for_update=True)
            if service is None or not service.is_active:
                raise ServiceNotFound("serviceId")
            if service.provider_id == author_id:
                raise OwnService
            service.review_count += 1
            service.rating_total += rating
            session.add(review)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_reviews_service_author":
            raise AlreadyReviewed from None
        if violated_constraint(error) == "fk_reviews_author_id":
            raise AccountGone from None
        raise
    return review.id
