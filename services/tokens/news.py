"""Who hears of it when AZR moves."""

from functools import partial

from core.stores import Stores
from models.cache import STATS_KEY
from models.subjects import Subject
from models.topics import STATS_TOPIC
from services.ledger.attempts import Change


def movement(stores: Stores, topics: list[str]) -> Change:
    """Transactions after which the stats are counted anew and `topics` are woken.

    Those who concern a movement may be found on the way: `topics` may grow until the commit.
    """
    topics.append(STATS_TOPIC)
    return partial(stores.change, keys=[STATS_KEY], subjects=[Subject.STATS], topics=topics)
