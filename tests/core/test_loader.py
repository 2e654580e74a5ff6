"""Loads of single keys become one fetch, and no waiter can harm another."""

import asyncio
import gc

import pytest

from core.loader import KEYS_MAX_A_BATCH, BatchLoader
from tests.tasks import our_tasks


class Store:
    """Answers with the square of each key, or as it is told to, and remembers the batches."""

    def __init__(self):
        self.batches = []
        self.failing = {}
        self.answer = None
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self, keys):
        self.batches.append(keys)
        self.asked.set()
        await self.open.wait()
        if isinstance(self.answer, BaseException):
            raise self.answer
        if self.answer is not None:
            return self.answer
        return [self.failing.get(key, key * key) for key in keys]


@pytest.fixture
async def store():
    return Store()


@pytest.fixture
async def loader(store):
    return BatchLoader(store.fetch)


class TestLoad:
    async def test_fetches_once_for_all_that_ask_in_one_turn(self, loader, store):
        values = await asyncio.gather(*(loader.load(key) for key in [3, 1, 2]))

        assert values == [9, 1, 4]
        assert store.batches == [[3, 1, 2]]

    async def test_waits_for_those_that_ask_a_few_turns_later(self, loader, store):
        async def load_after(turns, key):
            for _ in range(turns):
                await asyncio.sleep(0)
            return await loader.load(key)

        values = await asyncio.gather(
            load_after(0, 1), load_after(1, 2), load_after(2, 3), load_after(2, 4)
        )

        assert values == [1, 4, 9, 16]
        assert store.batches == [[1, 2, 3, 4]]

    async def test_does_not_wait_for_ever(self, loader, store):
        loads = []

        async def keep_asking():
            for key in range(30):
                loads.append(loader.load(key))
                await asyncio.sleep(0)

        await asyncio.gather(keep_asking(), loader.load(100))
        await asyncio.gather(*loads)

        assert len(store.batches) > 1

    async def test_asks_for_a_key_once(self, loader, store):
        values = await asyncio.gather(loader.load(2), loader.load(3), loader.load(2))

        assert values == [4, 9, 4]
        assert store.batches == [[2, 3]]

    async def test_joins_a_fetch_that_is_under_way(self, loader, store):
        store.open.clear()
        first = asyncio.ensure_future(loader.load(2))
        await store.asked.wait()

        second = loader.load(2)
        store.open.set()

        assert await asyncio.gather(first, second) == [4, 4]
        assert store.batches == [[2]]

    async def test_remembers_what_was_loaded(self, loader, store):
        await loader.load(2)

        assert await loader.load(2) == 4
        assert store.batches == [[2]]

    async def test_gives_each_waiter_a_future_of_its_own(self, loader):
        assert loader.load(1) is not loader.load(1)

    async def test_splits_what_is_too_much_for_one_fetch(self, loader, store):
        count = 2 * KEYS_MAX_A_BATCH + 1

        values = await asyncio.gather(*(loader.load(key) for key in range(count)))

        assert values == [key * key for key in range(count)]
        assert [len(batch) for batch in store.batches] == [1000, 1000, 1]
        assert KEYS_MAX_A_BATCH == 1000


class TestLoadMany:
    async def test_answers_in_order_with_repetitions(self, loader, store):
        assert await loader.load_many([3, 1, 3]) == [9, 1, 9]
        assert store.batches == [[3, 1]]

    async def test_of_nothing_fetches_nothing(self, loader, store):
        assert await loader.load_many([]) == []
        assert store.batches == []

    async def test_shares_its_fetch_with_others(self, loader, store):
        values = await asyncio.gather(loader.load_many([1, 2]), loader.load(3))

        assert values == [[1, 4], 9]
        assert sorted(map(sorted, store.batches)) == [[1, 2, 3]]


class TestFailures:
    async def test_of_one_key_are_its_own(self, loader, store):
        store.failing[2] = ValueError("two")

        values = await asyncio.gather(
            *(loader.load(key) for key in [1, 2, 3]), return_exceptions=True
        )

        assert values == [1, store.failing[2], 9]

    async def test_of_one_key_are_remembered(self, loader, store):
        store.failing[2] = ValueError("two")

        for _ in range(2):
            with pytest.raises(ValueError, match="two"):
                await loader.load(2)

        assert store.batches == [[2]]

    async def test_of_the_fetch_are_everyones(self, loader, store):
        store.answer = ValueError("down")

        values = await asyncio.gather(
            loader.load(1), loader.load(2), loader.load(2), return_exceptions=True
        )

        assert values == [store.answer] * 3

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            ([1], "a batch of 2 keys was answered with 1 values"),
            ([1, 2, 3], "a batch of 2 keys was answered with 3 values"),
            (7, "object of type 'int' has no len()"),
        ],
    )
    async def test_are_wrong_numbers_of_answers(self, loader, store, answer, message):
        store.answer = answer

        values = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)

        assert [str(value) for value in values] == [message, message]

    async def test_of_one_batch_leave_others_alone(self, store):
        async def fetch(keys):
            if 0 in keys:
                raise ValueError(keys[0])
            return keys

        loader = BatchLoader(fetch)
        loads = [loader.load(key) for key in range(KEYS_MAX_A_BATCH + 1)]
        *first, last = await asyncio.gather(*loads, return_exceptions=True)

        assert {str(value) for value in first} == {"0"}
        assert last == KEYS_MAX_A_BATCH

    async def test_that_nobody_hears_of_any_more_are_no_noise(self, loader, store):
        store.answer = ValueError("down")
        heard = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))

        loader.load(1).cancel()
        for _ in range(9):
            await asyncio.sleep(0)
        gc.collect()
        asyncio.get_running_loop().set_exception_handler(None)

        assert store.batches == [[1]]
        assert heard == []


class TestCancellation:
    async def test_of_one_waiter_leaves_the_others(self, loader, store):
        store.open.clear()
        waiters = [asyncio.ensure_future(waiting(loader, key)) for key in [2, 2, 3]]
        await store.asked.wait()

        waiters[0].cancel()
        store.open.set()
        values = await asyncio.gather(*waiters, return_exceptions=True)

        assert isinstance(values[0], asyncio.CancelledError)
        assert values[1:] == [4, 9]
        assert store.batches == [[2, 3]]

    async def test_of_all_waiters_leaves_the_value_for_later_ones(self, loader, store):
        waiter = asyncio.ensure_future(waiting(loader, 2))
        await asyncio.sleep(0)
        waiter.cancel()

        assert await loader.load(2) == 4
        assert store.batches == [[2]]

    async def test_of_the_fetch_itself_cancels_all_waiters(self, loader, store):
        store.answer = asyncio.CancelledError()

        values = await asyncio.gather(
            loader.load(1), loader.load(2), loader.load(2), return_exceptions=True
        )

        assert [type(value) for value in values] == [asyncio.CancelledError] * 3
        assert not loader.finished(1)

    async def test_of_the_fetch_itself_lets_the_key_be_asked_again(self, loader, store):
        store.answer = asyncio.CancelledError()
        with pytest.raises(asyncio.CancelledError):
            await loader.load(1)

        store.answer = None

        assert await loader.load(1) == 1

    async def test_leaves_no_task_behind(self, loader):
        before = our_tasks()
        waiters = [asyncio.ensure_future(waiting(loader, key)) for key in range(5)]
        await asyncio.sleep(0)

        for waiter in waiters:
            waiter.cancel()
        for _ in range(9):
            await asyncio.sleep(0)

        assert not our_tasks() - before


async def waiting(loader, key):
    return await loader.load(key)


class TestStop:
    async def test_cancels_what_is_being_fetched(self, loader, store):
        before = our_tasks()
        store.open.clear()
        load = loader.load(2)
        await store.asked.wait()

        loader.stop()

        with pytest.raises(asyncio.CancelledError):
            await load
        await asyncio.sleep(0)
        assert not our_tasks() - before

    @pytest.mark.parametrize("turns", range(5))
    async def test_leaves_nobody_waiting_whenever_it_comes(self, loader, store, turns):
        store.open.clear()
        loads = [loader.load(2), loader.load(2), loader.load(3)]
        for _ in range(turns):
            await asyncio.sleep(0)

        loader.stop()

        results = await asyncio.gather(*loads, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError] * 3
        assert store.batches in ([], [[2, 3]])

    async def test_does_not_mind_a_fetch_that_goes_on(self):
        async def stubborn(keys):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return keys

        loader = BatchLoader(stubborn)
        load = loader.load(2)
        for _ in range(5):
            await asyncio.sleep(0)

        loader.stop()

        with pytest.raises(asyncio.CancelledError):
            await load
        await asyncio.sleep(0)
        assert loader.value_of(2) == 2

    async def test_changes_nothing_when_nothing_is_being_fetched(self, loader):
        await loader.load(2)

        loader.stop()

        assert await loader.load_many([2, 3]) == [4, 9]


class TestFinished:
    async def test_is_what_can_be_read_at_once(self, loader, store):
        store.failing[3] = ValueError("three")
        loads = [loader.load(2), loader.load(3)]
        assert not loader.finished(2)

        await asyncio.gather(*loads, return_exceptions=True)

        assert (loader.finished(2), loader.value_of(2)) == (True, 4)
        assert (loader.finished(3), loader.value_of(3)) == (True, store.failing[3])
        assert not loader.finished(4)


class TestRecall:
    @pytest.fixture
    async def recalling(self, store):
        """A loader that knows some values without a fetch."""
        known = {1: "one", 2: "two"}
        return BatchLoader(store.fetch, lambda keys: [known.get(key) for key in keys])

    async def test_answers_without_a_fetch(self, recalling, store):
        values = await recalling.load_all([1, 2, 1])

        assert values == ["one", "two", "one"]
        assert await recalling.load(2) == "two"
        assert store.batches == []

    async def test_leaves_the_others_to_the_fetch(self, recalling, store):
        values = await recalling.load_all([3, 1, 3])

        assert values == [9, "one", 9]
        assert store.batches == [[3]]
