"""The ledger answers as its model does, to whatever is asked of it in whatever order."""

import os
from collections import defaultdict
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from services import ledger
from tests.services.ledger.bank import Order, key
from tests.services.ledger.model import (
    AI,
    AZR,
    BAD_DEBT,
    COMMISSION,
    FEES,
    MINT,
    PLANS,
    POOL,
    SUSPENSE,
    WALLET_MAX,
    Model,
    Refused,
    Sale,
)

# `make test-ledger` takes more than 50,000 steps over 20 seeds.
SEEDS = int(os.environ.get("AZORA_LEDGER_SEEDS", "2"))
STEPS = int(os.environ.get("AZORA_LEDGER_STEPS", "250"))
STEPS_BETWEEN_PROOFS = 250
PEOPLE = 5
LONG_STEPS = 2000
CALLS = {"mint", "burn", "transfer", "reward", "listing_fee", "purchase", "release", "refund"}
CALLS |= {
    "settle",
    "plan",
    "adjust",
    "take_back",
    "give_back",
    "recover",
    "write_off",
    "refund_released",
    "revert",
    "reserve",
    "capture",
    "void",
    "again",
    "fund",
}
REFUSALS = {"INSUFFICIENT_FUNDS", "ACCOUNT_FROZEN", "BALANCE_TOO_LARGE", "ALREADY_POSTED"}
REFUSALS |= {"NOT_RELEASED", "REFUND_TOO_LARGE", "ALREADY_REVERSED", "NOT_REVERSIBLE"}
REFUSALS |= {"NOT_THE_LAST", "HOLD_ENDED", "CAPTURE_TOO_LARGE"}
OWN = (COMMISSION, FEES, AI, PLANS, MINT, SUSPENSE, BAD_DEBT)


def azr(parts: int) -> Decimal:
    return Decimal(parts).scaleb(-8)


def refusal_of(expected) -> tuple | None:
    """How the model refuses, if it does."""
    try:
        expected()
    except Refused as refusal:
        return refusal.answer
    return None


class Play:
    """Asks the ledger and its model the same, and keeps what both know things by."""

    def __init__(self, bank, seed: int) -> None:
        self.bank, self.model = bank, Model()
        self.random = Random(seed)  # noqa: S311  # reproducible
        self.people: dict[str, UUID] = {}
        self.orders: dict[str, tuple[Order, Sale]] = {}
        self.subjects = [uuid4() for _ in range(12)]
        self.postings: list[UUID] = []
        self.holds: list[UUID] = []
        self.answered: list[tuple] = []
        self.tally: defaultdict[str, int] = defaultdict(int)

    async def begin(self) -> None:
        self.people = {f"p{number}": await self.bank.person() for number in range(PEOPLE)}
        await self.both(self.fund)

    async def both(self, ask) -> None:
        """One step. `ask` answers with a request to the bank, and what it is to the model."""
        request, expected = ask()
        under = key()
        before = len(self.model.posted)
        answer = await self.answer_of(request, under)
        refusal = refusal_of(expected)
        assert (answer if isinstance(answer, tuple) else None) == refusal, ask.__name__
        if len(self.model.posted) > before:
            self.postings.append(answer.id)
        elif isinstance(answer, ledger.Hold):
            self.holds.append(answer.id)
        self.answered.append((request, under, answer))
        self.tally[answer[0] if isinstance(answer, tuple) else ask.__name__] += 1

    async def answer_of(self, request, under):
        """What the bank answers: a refusal as its code and what was available."""
        try:
            return await request(under)
        except ledger.PostingRefused as refusal:
            is_short = refusal.code in {"INSUFFICIENT_FUNDS", "REFUND_TOO_LARGE"}
            is_short = is_short or refusal.code == "CAPTURE_TOO_LARGE"
            return refusal.code, int(refusal.available_azr.scaleb(8)) if is_short else None

    async def again(self) -> None:
        """An earlier request, sent once more: the same answer, and nothing happens."""
        request, under, answer = self.random.choice(self.answered)
        if under is None:
            return
        repeated = await self.answer_of(request, under)
        if isinstance(answer, tuple):
            assert repeated == answer
        elif answer is not None:
            assert repeated.is_replay
            assert repeated.id == answer.id
        self.tally["again"] += 1

    def person(self) -> str:
        return self.random.choice(list(self.people))

    def amount(self) -> int:
        """Often small, often round, now and then too much."""
        return self.random.choice(
            [
                self.random.randint(1, 50),
                self.random.randint(1, 40) * AZR,
                self.random.randint(1, 40 * AZR),
                self.random.randint(1, 2000) * AZR,
            ]
        )

    def fund(self):
        amount = self.amount() + 100 * AZR
        recipe = ledger.fund_rewards(amount_azr=azr(amount), actor_id=None)
        return self.recipe(recipe), lambda: self.model.post(
            "fund_rewards", {MINT: -amount, POOL: amount}
        )

    def recipe(self, recipe):
        return lambda under: self.bank.post(recipe, under)

    def mint(self):
        person, amount = self.person(), self.amount()
        recipe = ledger.mint(user_id=self.people[person], amount_azr=azr(amount), actor_id=None)
        return self.recipe(recipe), lambda: self.model.post("mint", {MINT: -amount, person: amount})

    def mint_too_much(self):
        person = self.person()
        amount = min(WALLET_MAX, WALLET_MAX + 1 - self.model.balances[person])
        recipe = ledger.mint(user_id=self.people[person], amount_azr=azr(amount), actor_id=None)
        return self.recipe(recipe), lambda: self.model.post("mint", {MINT: -amount, person: amount})

    def burn(self):
        person, amount = self.person(), self.amount()
        recipe = ledger.burn(user_id=self.people[person], amount_azr=azr(amount), actor_id=None)
        return self.recipe(recipe), lambda: self.model.post("burn", {person: -amount, MINT: amount})

    def transfer(self):
        sender, recipient = self.random.sample(list(self.people), 2)
        amount = self.amount()
        recipe = ledger.transfer(
            sender_id=self.people[sender],
            recipient_id=self.people[recipient],
            amount_azr=azr(amount),
        )
        return self.recipe(recipe), lambda: self.model.post(
            "transfer", {sender: -amount, recipient: amount}
        )

    def reward(self):
        person, amount = self.person(), self.amount()
        event = self.random.choice([*self.subjects, uuid4()])
        recipe = ledger.reward(user_id=self.people[person], event_id=event, amount_azr=azr(amount))
        return self.recipe(recipe), lambda: self.model.post(
            "reward", {POOL: -amount, person: amount}, once=str(event)
        )

    def listing_fee(self):
        person = self.person()
        service = self.random.choice([*self.subjects, uuid4()])
        recipe = ledger.pay_listing_fee(service_id=service, seller_id=self.people[person])
        return self.recipe(recipe), lambda: self.model.post(
            "listing_fee", {person: -10 * AZR, FEES: 10 * AZR}, once=str(service)
        )

    def purchase(self):
        if self.orders and self.random.random() < 0.2:
            name, (order, sale) = self.some_order()
        else:
            buyer, seller = self.random.sample(list(self.people), 2)
            price = -(-self.amount() // 100) * 100
            name, sale = f"o{len(self.orders)}", Sale(buyer, seller, price)
            order = Order(self.people[buyer], self.people[seller], azr(price))
            self.orders[name] = order, sale
        return self.recipe(order.paid()), lambda: self.model.purchase(name, sale)

    def some_order(self):
        return self.random.choice(list(self.orders.items())[-8:])

    def release(self):
        name, (order, sale) = self.some_order()
        return self.recipe(order.released()), lambda: self.model.release(name, sale)

    def refund(self):
        name, (order, sale) = self.some_order()
        return self.recipe(order.refunded()), lambda: self.model.refund(name, sale)

    def settle(self):
        name, (order, sale) = self.some_order()
        refund = max(100, self.random.randint(0, sale.price) // 100 * 100)
        if refund >= sale.price:
            return self.refund()
        return self.recipe(order.settled(azr(refund))), lambda: self.model.settle(
            name, sale, refund
        )

    def plan(self):
        person, amount = self.person(), self.amount()
        period = self.random.choice([*self.subjects, uuid4()])
        recipe = ledger.pay_plan(
            user_id=self.people[person], amount_azr=azr(amount), period_id=period
        )
        return self.recipe(recipe), lambda: self.model.post(
            "plan", {person: -amount, PLANS: amount}, once=str(period)
        )

    def adjust(self):
        person, amount = self.person(), self.random.choice([1, -1]) * self.amount()
        reference = self.reference("proposal")
        recipe = ledger.adjust(
            user_id=self.people[person],
            amount_azr=azr(amount),
            actor_id=self.people[person],
            reference=reference,
        )
        return self.recipe(recipe), lambda: self.model.post(
            "adjustment", {person: amount, MINT: -amount}, once=str(reference.id)
        )

    def take_back(self):
        person, amount = self.person(), self.amount()
        shortfall = self.random.choice([0, 0, amount // 2, amount])
        payment = self.random.choice([*self.subjects, uuid4()])
        recipe = ledger.take_back(
            user_id=self.people[person],
            amount_azr=azr(amount - shortfall),
            shortfall_azr=azr(shortfall),
            reference=ledger.Reference("payment", payment),
        )
        moves = {person: shortfall - amount, SUSPENSE: -shortfall, MINT: amount}
        moves = {account: each for account, each in moves.items() if each}
        return self.recipe(recipe), lambda: self.model.post("take_back", moves, once=str(payment))

    def give_back(self):
        person, reference = self.person(), self.reference("return")
        parts = [self.random.choice([0, self.amount()]) for _ in range(2)]
        owned, suspended, written_off = self.random.sample([*parts, self.amount()], 3)
        recipe = ledger.give_back(
            user_id=self.people[person],
            amount_azr=azr(owned),
            suspense_azr=azr(suspended),
            written_off_azr=azr(written_off),
            reference=reference,
        )
        moves = {person: owned, SUSPENSE: suspended, BAD_DEBT: written_off}
        moves = {account: each for account, each in moves.items() if each}
        return self.recipe(recipe), lambda: self.model.post(
            "give_back", {MINT: -sum(moves.values()), **moves}, once=str(reference.id)
        )

    def recover(self):
        person, amount, reference = self.person(), self.owed(), self.reference("recovery")
        recipe = ledger.recover(
            user_id=self.people[person],
            amount_azr=azr(amount),
            actor_id=self.people[person],
            reference=reference,
        )
        return self.recipe(recipe), lambda: self.model.post(
            "recovery", {person: -amount, SUSPENSE: amount}, once=str(reference.id)
        )

    def write_off(self):
        amount, reference = self.owed(), self.reference("write_off")
        recipe = ledger.write_off(
            amount_azr=azr(amount), actor_id=self.people[self.person()], reference=reference
        )
        return self.recipe(recipe), lambda: self.model.post(
            "write_off", {BAD_DEBT: -amount, SUSPENSE: amount}, once=str(reference.id)
        )

    def owed(self) -> int:
        """Often all that is in suspense, so that nothing is left there."""
        owed = -self.model.balances[SUSPENSE]
        return owed if owed > 0 and self.random.random() < 0.5 else self.amount()

    def reference(self, kind: str):
        id_ = self.random.choice([*self.subjects, uuid4()])
        return ledger.Reference(kind, id_)

    def refund_released(self):
        name, (order, sale) = self.some_order()
        amount = self.random.choice([self.random.randint(1, sale.price), sale.price, 1])
        return (
            lambda under: self.bank.refund_released(order.id, azr(amount), under),
            lambda: self.model.refund_released(name, amount),
        )

    def revert(self):
        number = self.random.randrange(len(self.postings))
        over = [
            at
            for at, each in enumerate(self.model.posted)
            if each.kind == "reversal" or each.is_undone
        ]
        # They are few, and every play is to see that they are not reverted again.
        if over and self.random.random() < 0.2:
            number = self.random.choice(over)
        if self.model.posted[number].kind == "fund_rewards":
            return self.mint()
        id_ = self.postings[number]
        return (
            lambda under: self.bank.revert(id_, under),
            lambda: self.model.revert(number),
        )

    def reserve(self):
        person, amount = self.person(), self.amount()
        return (
            lambda under: self.bank.reserve(self.people[person], azr(amount), under=under),
            lambda: self.model.reserve(person, amount),
        )

    def capture(self):
        number = self.random.randrange(len(self.holds))
        amount = min(self.amount(), self.model.holds[number].amount + self.random.choice([0, 1]))
        id_ = self.holds[number]
        return (
            lambda under: self.bank.capture(id_, azr(amount), under),
            lambda: self.model.capture(number, amount),
        )

    async def void(self) -> None:
        number = self.random.randrange(len(self.holds))
        try:
            self.model.void(number)
        except Refused:
            with pytest.raises(ledger.HoldEnded):
                await self.bank.void(self.holds[number])
        else:
            await self.bank.void(self.holds[number])
        self.tally["void"] += 1

    async def freeze(self) -> None:
        """One person at most, and not for long."""
        for person in list(self.model.frozen):
            self.model.frozen.remove(person)
            await self.bank.unfreeze(self.people[person])
        person = self.person()
        if self.random.random() < 0.5:
            self.model.frozen.add(person)
            await self.bank.freeze(self.people[person])

    async def step(self) -> None:
        draw = self.random.random()
        if draw < 0.08:
            await self.again()
        elif draw < 0.12 and self.holds:
            await self.void()
        elif draw < 0.16:
            await self.freeze()
        else:
            choices = [self.mint, self.mint, self.burn, self.transfer, self.transfer, self.reward]
            choices += [self.listing_fee, self.purchase, self.purchase, self.reserve, self.revert]
            choices += [self.mint_too_much, self.fund]
            choices += [self.release, self.release, self.refund] if self.orders else []
            choices += [self.refund_released, self.refund_released] if self.orders else []
            choices += [self.settle] if self.orders else []
            choices += [self.plan, self.adjust, self.take_back]
            choices += [self.give_back, self.recover, self.write_off]
            choices += [self.capture] if self.holds else []
            await self.both(self.random.choice(choices))

    async def compare(self) -> None:
        """Every balance of the ledger is the model's, and every invariant holds."""
        names = {("wallet", id_): name for name, id_ in self.people.items()}
        names |= {
            ("order_escrow", order.id): f"order:{name}" for name, (order, _) in self.orders.items()
        }
        names |= {(account, None): account for account in OWN}
        names["reward_pool", None] = POOL
        found = {
            names[account]: int(total.scaleb(8))
            for account, total in (await self.bank.balances()).items()
        }
        expected = {name: total for name, total in self.model.balances.items() if total}
        assert {name: total for name, total in found.items() if total} == expected
        for name, id_ in self.people.items():
            assert await self.bank.balance(id_) == azr(self.model.balances[name])
        wrong = [name for name, _ in await self.bank.contradictions()]
        assert wrong == (["I16"] if expected.get(SUSPENSE) else [])


class TestModel:
    @pytest.mark.parametrize("seed", range(SEEDS))
    async def test_agrees_with_the_ledger(self, bank, seed):
        play = Play(bank, seed)
        await play.begin()

        for number in range(1, STEPS + 1):
            await play.step()
            if number % STEPS_BETWEEN_PROOFS == 0 or number == STEPS:
                await play.compare()

        missing = (CALLS | REFUSALS) - play.tally.keys()
        assert STEPS < LONG_STEPS or missing == set()
        assert play.tally["transfer"] > play.tally["INSUFFICIENT_FUNDS"] / 10 > 0
