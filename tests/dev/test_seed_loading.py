"""Loading the seeded world is all or nothing, and what is loaded is what was invented."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from rich.progress import Progress
from sqlalchemy import func, select, text
from sqlmodel import col

import dev.seed.seeding
from core.database import Database
from core.mongo import Mongo
from dev.seed import DEMO_PASSWORD, DEMO_PEOPLE, AlreadySeeded, Counts, Size, is_seeded, seed
from dev.seed.library import trades
from dev.seed.loading import driver_connection, empty_tables
from dev.seed.plan import PLANS
from dev.seed.world import World, invent_world
from models.base import metadata
from models.documents import Conversation, Event
from models.tables import Category, Service, User
from services.ledger import Key, carry_out, mint, post
from tests.services.ledger.bank import contradictions
from tests.services.marketplace.orders.shop import BOOKS, RECOUNT

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
LEARNER = DEMO_PEOPLE[0]


class TestSeed:
    async def test_loads_all_that_it_counts(self, database: Database, mongo: Mongo):
        progress, before = Progress(disable=True), await rows_by_table(database)

        counts = await seed_small(database, mongo, progress=progress)

        assert counts == Counts.of(invented())
        stored = await rows_by_table(database)
        # Kept by PostgreSQL itself.
        before["search_words"] = stored["search_words"]
        assert stored == {
            **before,
            **{table: len(rows) for table, rows in invented().rows_by_table().items()},
        }
        assert before["categories"] == len(trades())
        assert await Conversation.count() == counts.conversations
        assert await Event.count() == counts.events
        assert progress.finished

    async def test_stores_what_was_invented(self, database: Database, mongo: Mongo):
        world = invented()

        await seed_small(database, mongo)

        expected = world.users[0]
        async with database.read() as session:
            stored = await session.scalar(select(User).where(col(User.email) == LEARNER.email))
        assert stored is not None
        assert (stored.id, stored.created_at, stored.azr_balance, stored.roles) == (
            expected.id,
            expected.created_at,
            expected.azr_balance,
            expected.roles,
        )
        assert stored.password_hash == f"hash of {DEMO_PASSWORD}"
        assert set(stored.preferences) == {"theme", "dataSaver", "weeklyGoalMinutes"}

    async def test_stores_documents_that_beanie_reads(self, database: Database, mongo: Mongo):
        expected, event = invented().conversations[0], invented().events[0]

        await seed_small(database, mongo)

        stored = await Conversation.get(expected.id)
        assert stored is not None
        assert stored.model_dump() == {
            **expected._asdict(),
            "messages": [message._asdict() for message in expected.messages],
        }
        stored_event = await Event.get(event.id)
        assert stored_event is not None
        assert stored_event.model_dump() == event._asdict()

    async def test_stores_documents_as_beanie_would(self, database: Database, mongo: Mongo):
        await seed_small(database, mongo)
        collection = Conversation.get_pymongo_collection()
        before = await collection.find_one({})
        conversation = await Conversation.get(before["_id"])

        await conversation.replace()

        assert await collection.find_one({"_id": before["_id"]}) == before

    async def test_puts_services_into_categories_that_there_are(
        self, database: Database, mongo: Mongo
    ):
        await seed_small(database, mongo)

        async with database.read() as session:
            known = set(await session.scalars(select(Category.name)))
            used = set(await session.scalars(select(Service.category)))
        assert used <= known == {trade.name for trade in trades()}

    async def test_leaves_the_categories_on_reset(self, database: Database, mongo: Mongo):
        await seed_small(database, mongo, is_reset=True)

        assert (await rows_by_table(database))["categories"] == len(trades())

    async def test_computes_the_average_rating(self, database: Database, mongo: Mongo):
        await seed_small(database, mongo)

        async with database.read() as session:
            wrong = await session.scalar(
                text(
                    "SELECT count(*) FROM services s WHERE average_rating <> coalesce("
                    "(SELECT round(avg(rating), 2) FROM reviews"
                    " WHERE service_id = s.id AND buyer_id IS NULL), 0)"
                )
            )
        assert wrong == 0

    async def test_keeps_books_that_are_sound_and_go_on(self, database: Database, mongo: Mongo):
        await seed_small(database, mongo)
        person = invented().users[0]
        recipe = mint(user_id=person.id, amount_azr=Decimal(1), actor_id=None)

        posting = await carry_out(
            database, lambda session: post(session, recipe, key=Key("tests", "goes-on-1"))
        )

        assert posting.balances == {person.id: person.azr_balance + 1}
        async with database.read() as session:
            assert await contradictions(session) == []

    async def test_keeps_orders_and_ratings_that_agree_with_them(
        self, database: Database, mongo: Mongo
    ):
        await seed_small(database, mongo)

        async with database.read() as session:
            for query in (BOOKS, RECOUNT):
                assert (await session.execute(text(query))).all() == []

    async def test_refuses_a_database_with_people(self, database: Database, mongo: Mongo, make):
        await make.user()

        with pytest.raises(AlreadySeeded):
            await seed_small(database, mongo)

        assert (await rows_by_table(database))["users"] == 1
        assert await Conversation.count() == 0

    async def test_replaces_everything_on_reset(self, database: Database, mongo: Mongo, make):
        stranger = await make.user()
        await seed_small(database, mongo, is_reset=True)

        counts = await seed_small(database, mongo, is_reset=True, number=8)

        assert (await rows_by_table(database))["users"] == counts.users
        assert await Event.count() == counts.events
        async with database.read() as session:
            assert await session.get(User, stranger.id) is None

    async def test_leaves_no_row_behind_when_interrupted(
        self, database: Database, mongo: Mongo, monkeypatch
    ):
        async def interrupted(*_arguments: object) -> None:
            raise KeyboardInterrupt

        before = await rows_by_table(database)
        monkeypatch.setattr(dev.seed.seeding, "put_events", interrupted)
        with pytest.raises(KeyboardInterrupt):
            await seed_small(database, mongo)
        monkeypatch.undo()

        assert await rows_by_table(database) == before
        assert not await is_seeded(database)

    async def test_replaces_the_documents_of_an_interrupted_run(
        self, database: Database, mongo: Mongo
    ):
        await seed_small(database, mongo)
        async with database.transaction() as session:
            await empty_tables(await driver_connection(session))

        counts = await seed_small(database, mongo)

        assert await Conversation.count() == counts.conversations
        assert await Event.count() == counts.events

    async def test_counts_in_words(self):
        counts = Counts.of(invented())

        assert str(counts).startswith("200 users, 60 services, 490 orders, ")


def invented() -> World:
    return invent_world(PLANS[Size.SMALL], number=7, now=NOW, password_hash="hashed")


async def seed_small(database: Database, mongo: Mongo, **options) -> Counts:
    return await seed(
        database,
        mongo,
        size=Size.SMALL,
        now=NOW,
        hash_password=lambda password: f"hash of {password}",
        **{"progress": None, **options},
    )


async def rows_by_table(database: Database) -> dict[str, int]:
    async with database.read() as session:
        return {
            table.name: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }
