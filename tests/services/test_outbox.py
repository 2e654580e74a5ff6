"""The outbox: nothing is skipped however late it commits, and nothing is handed over too early."""

import asyncio
from contextlib import AsyncExitStack
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.database import Database
from core.redis.pubsub import PubSub
from models.topics import balance_topic, order_topic
from services.outbox import Consumer, live_clients, relay
from tests.services.ledger.bank import Bank

WRITE = text(
    "INSERT INTO outbox (topic, subject_id, payload) VALUES (:topic, :id, CAST(:payload AS jsonb))"
).bindparams(topic="test", payload="{}")
WRITERS, MESSAGES_EACH = 12, 40
LOOKS_MAX, LOOK_SECONDS = 1000, 0.02


class Stumble(Exception):
    """A consumer's failure."""


class Ear:
    """Keeps what it is handed; every so often it fails, before or after it did."""

    def __init__(self, random=None):
        self.heard = []
        self._random = random

    async def receive(self, messages):
        await self._stumble()
        self.heard += messages
        await self._stumble()

    async def _stumble(self):
        if self._random is not None:
            await asyncio.sleep(self._random.uniform(0, 0.01))
            if self._random.random() < 0.1:
                raise Stumble


@pytest.fixture
async def crowd(stores, addresses):
    database = Database(addresses.database_url, pool_size=WRITERS + 4)
    yield database
    await database.close()


async def handed(database, consumer):
    async with database.read() as session:
        return await relay(session, database, consumer)


async def until_handed(database, consumer, number, heard):
    """Relay, as other databases' transactions allow, until so many messages were heard."""
    for _ in range(LOOKS_MAX):
        await handed(database, consumer)
        if len(heard) >= number:
            return
        await asyncio.sleep(LOOK_SECONDS)
    pytest.fail(f"{len(heard)} of {number} messages were heard")


async def written(database, delay_seconds=0.0):
    """A message that commits late, and its id."""
    id_ = uuid4()
    async with database.transaction() as session:
        await session.execute(WRITE, {"id": id_})
        await asyncio.sleep(delay_seconds)
    return id_


class TestRelay:
    async def test_hands_each_message_over_once_and_in_order(self, database):
        ids = [await written(database) for _ in range(5)]
        ear = Ear()
        consumer = Consumer("ear", ear.receive)

        await until_handed(database, consumer, 5, ear.heard)

        assert [message.subject_id for message in ear.heard] == ids
        assert await handed(database, consumer) == 0

    async def test_waits_for_what_began_before(self, database):
        ear = Ear()
        consumer = Consumer("ear", ear.receive)
        async with database.transaction() as session:
            early = uuid4()
            await session.execute(WRITE, {"id": early})
            late = await written(database)
            assert await handed(database, consumer) == 0

        await until_handed(database, consumer, 2, ear.heard)

        assert [message.subject_id for message in ear.heard] == [early, late]

    async def test_hands_the_same_over_again_after_a_failure(self, database):
        id_ = await written(database)
        ear, deaf = Ear(), True

        async def receive(messages):
            await ear.receive(messages)
            if deaf:
                raise Stumble

        consumer = Consumer("ear", receive)
        with pytest.raises(Stumble):
            await until_handed(database, consumer, 1, [])
        deaf = False
        await until_handed(database, consumer, 2, ear.heard)

        assert [message.subject_id for message in ear.heard] == [id_, id_]

    async def test_keeps_a_cursor_for_each_consumer_and_every_row(self, database):
        await written(database)
        one, two = Ear(), Ear()

        await until_handed(database, Consumer("one", one.receive), 1, one.heard)
        await until_handed(database, Consumer("two", two.receive), 1, two.heard)

        assert one.heard == two.heard
        assert await Bank(database).one("SELECT count(*) FROM outbox") == 1

    async def test_loses_nothing_of_twelve_writers_though_it_is_killed_again_and_again(self, crowd):
        random = Random(9)  # noqa: S311  # reproducible
        ear, ids = Ear(random), set()
        consumer = Consumer("ear", ear.receive)
        is_over = asyncio.Event()

        async def write():
            for _ in range(MESSAGES_EACH):
                ids.add(await written(crowd, random.uniform(0, 0.03)))

        async def go_on():
            while not is_over.is_set():
                try:
                    await handed(crowd, consumer)
                except Stumble:
                    continue
                await asyncio.sleep(0.005)

        async def kill():
            while not is_over.is_set():
                relaying = asyncio.create_task(go_on())
                await asyncio.sleep(random.uniform(0.01, 0.2))
                relaying.cancel()
                await asyncio.wait([relaying])

        async with asyncio.TaskGroup() as tasks:
            killing = tasks.create_task(kill())
            async with asyncio.TaskGroup() as writing:
                for _ in range(WRITERS):
                    writing.create_task(write())
            is_over.set()
            await killing
        last = Ear()
        await until_all(crowd, Consumer("ear", last.receive))

        heard = [message.subject_id for message in ear.heard + last.heard]
        assert len(ids) == WRITERS * MESSAGES_EACH
        assert set(heard) == ids
        assert in_order(first_heard(ear.heard + last.heard))

    async def test_keeps_the_order_when_two_relay_at_once(self, crowd):
        random = Random(10)  # noqa: S311  # reproducible
        ears = [Ear(random), Ear(random)]
        ids, is_over = set(), asyncio.Event()

        async def go_on(ear):
            while not is_over.is_set():
                try:
                    await handed(crowd, Consumer("ear", ear.receive))
                except Stumble:
                    continue

        async def write():
            for _ in range(MESSAGES_EACH):
                ids.add(await written(crowd, random.uniform(0, 0.01)))

        async with asyncio.TaskGroup() as tasks:
            relaying = [tasks.create_task(go_on(ear)) for ear in ears]
            async with asyncio.TaskGroup() as writing:
                for _ in range(4):
                    writing.create_task(write())
            is_over.set()
            await asyncio.wait(relaying)
        last = Ear()
        await until_all(crowd, Consumer("ear", last.receive))

        assert {each.subject_id for ear in (*ears, last) for each in ear.heard} == ids
        assert all(in_order(first_heard(ear.heard)) for ear in (*ears, last))


async def until_all(database, consumer):
    """Relay until the cursor is at the last message."""
    at_the_end = """
        SELECT (SELECT (xid, id) FROM outbox ORDER BY xid DESC, id DESC LIMIT 1)
            = (SELECT (xid, message_id) FROM outbox_cursors WHERE consumer = :consumer)
    """
    for _ in range(LOOKS_MAX):
        await handed(database, consumer)
        if await Bank(database).one(at_the_end, consumer=consumer.name):
            return
        await asyncio.sleep(LOOK_SECONDS)
    pytest.fail("the cursor never came to the end")


def first_heard(messages):
    return list(dict.fromkeys((message.xid, message.id) for message in messages))


def in_order(places):
    return places == sorted(places)


async def woken(event):
    """Wait until `event` is set, and make it ready for the next time."""
    async with asyncio.timeout(10):
        await event.wait()
    event.clear()


class TestLiveClients:
    async def test_are_woken_for_the_balances_and_orders_that_changed(self, stores, addresses):
        bank, order = Bank(stores.database), uuid4()
        sender, recipient, stranger = [await bank.person("5") for _ in range(3)]
        await until_all(stores.database, live_clients(stores.signals))
        topics = (balance_topic(sender), balance_topic(recipient), order_topic(order))
        process = PubSub(addresses.redis_url, stores.redis)

        hearing = asyncio.create_task(process.run())
        async with AsyncExitStack() as stack:
            events = [
                await stack.enter_async_context(process.listen(topic))
                for topic in (*topics, balance_topic(stranger))
            ]
            for event in events:
                await woken(event)
            await bank.transfer(sender, recipient, "1")
            async with stores.database.transaction() as session:
                payload = {"topic": "order.updated", "payload": f'{{"order_id": "{order}"}}'}
                await session.execute(WRITE, {"id": uuid4(), **payload})
            await until_all(stores.database, live_clients(stores.signals))
            for event in events[:-1]:
                await woken(event)
            assert not events[-1].is_set()
        hearing.cancel()
        await asyncio.wait([hearing])
