"""The price of AZR, which the treasury posts. Posted prices stay: they are its history."""

from decimal import Decimal

from core.stores import Stores
from core.validation import Checks
from models.cache import TOKEN_PRICE_KEY
from models.subjects import Subject
from models.tables import TokenPrice
from models.topics import PRICE_TOPIC
from services.audit import REASON_LENGTH_MAX, Actor, record, require_admin


async def post_token_price(stores: Stores, actor: Actor, *, usd: Decimal, reason: str) -> None:
    """Post the US dollars for one AZR, from now on.

    Raises InvalidInput, and CodedError `FORBIDDEN` for people who are not admins.
    """
    checks = Checks()
    why = checks.text("reason", reason, length_max=REASON_LENGTH_MAX)
    if usd == 0:
        checks.refuse("usd", "`usd` must be above 0.")
    checks.done()
    price = TokenPrice(usd=usd, posted_at=stores.clock())
    async with stores.change(
        keys=[TOKEN_PRICE_KEY], subjects=[Subject.PRICES], topics=[PRICE_TOPIC]
    ) as session:
        await require_admin(session, actor)
        session.add(price)
        await record(
            session,
            actor,
            "token_price_posted",
            subject_kind="prc",
            subject_id=price.id,
            usd=usd,
            reason=why,
        )
