"""Hashing passwords behind a queue that can be full."""

import asyncio
import threading

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.errors import CodedError
from services.auth.passwords import HASHERS, WAITING_MAX, Passwords

PASSWORD = "a sentence that nobody guesses"


class TestHash:
    async def test_is_argon2id_with_a_salt_of_its_own(self, passwords):
        first, second = await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)

        assert first != second
        assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert PASSWORD not in first


class TestCheck:
    async def test_knows_the_right_password(self, passwords):
        assert await passwords.check(PASSWORD, passwords.hash_now(PASSWORD)) == (True, None)

    async def test_refuses_the_wrong_one(self, passwords):
        stored = passwords.hash_now(PASSWORD)

        for wrong in ("", PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1]):
            assert await passwords.check(wrong, stored) == (False, None)

    async def test_refuses_everything_for_unknown_people(self, passwords):
        for password in ("", PASSWORD, "nobody has this password"):
            assert await passwords.check(password, None) == (False, None)

    async def test_does_the_same_work_for_unknown_people(self, passwords, monkeypatch):
        verified = []
        original = passwords._hasher.verify_and_update

        def verify(password, stored):
            verified.append(stored)
            return original(password, stored)

        monkeypatch.setattr(passwords._hasher, "verify_and_update", verify)

        await passwords.check(PASSWORD, None)

        (stored,) = verified
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    async def test_renews_a_hash_of_weaker_parameters(self, passwords):
        weak = PasswordHash((Argon2Hasher(memory_cost=8192, time_cost=1, parallelism=1),))

        is_right, renewed = await passwords.check(PASSWORD, weak.hash(PASSWORD))

        assert is_right
        assert await passwords.check(PASSWORD, renewed) == (True, None)


class TestQueue:
    async def test_refuses_when_it_is_full_and_takes_people_again_after(self):
        passwords, gate = Passwords(), threading.Event()
        waiting = [
            asyncio.ensure_future(passwords._run(gate.wait)) for _ in range(HASHERS + WAITING_MAX)
        ]
        await asyncio.sleep(0)

        with pytest.raises(CodedError) as refused:
            await passwords.hash(PASSWORD)
        gate.set()
        await asyncio.gather(*waiting)

        assert refused.value.code == "SERVICE_UNAVAILABLE"
        assert (await passwords.hash(PASSWORD)).startswith("$argon2id$")
        passwords.close()

    async def test_lets_go_of_those_who_leave(self):
        passwords, gate = Passwords(), threading.Event()
        waiting = [
            asyncio.ensure_future(passwords._run(gate.wait)) for _ in range(HASHERS + WAITING_MAX)
        ]
        await asyncio.sleep(0)

        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        gate.set()

        assert (await passwords.hash(PASSWORD)).startswith("$argon2id$")
        passwords.close()

    async def test_does_not_block_the_loop(self, passwords):
        hashing = asyncio.ensure_future(passwords.hash(PASSWORD))
        await asyncio.sleep(0)

        assert not hashing.done()
        await hashing
