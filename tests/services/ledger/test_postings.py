"""Posting recipes: exact balances and statements, or a refusal that changes nothing."""

import asyncio
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.money import InvalidAmount, share_azr
from models.tables import PostingKind
from services import ledger
from services.ledger.recipes import Recipe
from tests.services.ledger.bank import Order

NOT_AMOUNTS = ["0", "-1", "NaN", "Infinity", "-Infinity", "0.000000001", "10000000000", "1e-9"]


@pytest.fixture
async def order(bank):
    """An order of 40 AZR by somebody who has 100."""
    return Order(await bank.person("100"), await bank.person(), "40")


class TestTransfer:
    async def test_moves_azr_and_tells_both(self, bank):
        sender, recipient = await bank.person("100"), await bank.person()

        posting = await bank.transfer(sender, recipient, "0.00000001")

        assert posting.balances == {sender: Decimal("99.99999999"), recipient: Decimal("1e-8")}
        assert await bank.balance(sender) == Decimal("99.99999999")
        assert (await bank.statement(sender))[1:] == [
            ("transfer_out", Decimal("1e-8"), Decimal("99.99999999"), recipient)
        ]
        assert await bank.statement(recipient) == [
            ("transfer_in", Decimal("1e-8"), Decimal("1e-8"), sender)
        ]
        assert await bank.contradictions() == []

    async def test_gives_every_line_a_receipt(self, bank):
        sender, recipient = await bank.person("100"), await bank.person()

        await bank.transfer(sender, recipient, "5")

        codes = await bank.rows("SELECT receipt_code, id FROM transactions")
        digits = [str(id_).replace("-", "")[-12:].upper() for _, id_ in codes]
        assert [code for code, _ in codes] == [
            f"AZR-{each[:4]}-{each[4:8]}-{each[8:]}" for each in digits
        ]

    async def test_leaves_a_message_in_the_outbox(self, bank):
        sender, recipient = await bank.person("100"), await bank.person()

        posting = await bank.transfer(sender, recipient, "30")

        query = "SELECT topic, payload FROM outbox WHERE subject_id = :id"
        assert await bank.rows(query, id=posting.id) == [
            (
                "ledger.posted",
                {
                    "kind": "transfer",
                    "sequence": posting.sequence,
                    "balances": {str(sender): "70.00000000", str(recipient): "30.00000000"},
                },
            )
        ]

    async def test_refuses_more_than_is_there(self, bank, refused):
        sender, recipient = await bank.person("10"), await bank.person("1")

        refusal = await refused(
            ledger.InsufficientFunds, bank.transfer(sender, recipient, "10.00000001")
        )

        assert (refusal.available_azr, refusal.required_azr) == (10, Decimal("10.00000001"))
        assert (refusal.account, refusal.owner_id) == ("wallet", sender)

    async def test_refuses_somebody_who_never_had_azr(self, bank, refused):
        sender, recipient = await bank.person(), await bank.person("1")

        refusal = await refused(ledger.InsufficientFunds, bank.transfer(sender, recipient, "1"))

        assert refusal.available_azr == 0

    async def test_refuses_nobody(self, bank, refused):
        await refused(ledger.NoSuchWallet, bank.transfer(await bank.person("9"), uuid4(), "1"))

    async def test_refuses_oneself(self, bank, refused):
        person = await bank.person("9")

        await refused(ledger.PaymentToOneself, bank.transfer(person, person, "1"))

    async def test_refuses_what_a_wallet_cannot_hold(self, bank, refused):
        sender, recipient = await bank.person("1"), await bank.person("9999999999.99999999")

        refusal = await refused(
            ledger.BalanceTooLarge, bank.transfer(sender, recipient, "0.00000001")
        )

        assert refusal.owner_id == recipient

    @pytest.mark.parametrize("amount", NOT_AMOUNTS)
    async def test_refuses_what_is_no_amount(self, bank, refused, amount):
        sender, recipient = await bank.person("10"), await bank.person()

        await refused(InvalidAmount, bank.transfer(sender, recipient, amount))

    @pytest.mark.parametrize("amount", [*NOT_AMOUNTS, "1e0", "+1", " 1", "1_0", "\u0661", ""])
    async def test_is_refused_by_the_database_too(self, bank, amount):
        sender, recipient = await bank.person("10"), await bank.person()
        request = {
            "kind": "transfer",
            "legs": [
                {"account": "wallet", "owner": str(sender), "amount": f"-{amount}"},
                {"account": "wallet", "owner": str(recipient), "amount": amount},
            ],
        }

        with pytest.raises(DBAPIError) as refusal:
            await posted_directly(bank, request)

        assert "INVALID_AMOUNT" in str(refusal.value)
        assert await bank.balance(sender) == 10


class TestFreezing:
    async def test_stops_what_leaves_and_not_what_comes(self, bank, refused):
        person, other = await bank.person("10"), await bank.person("10")

        await bank.freeze(person)

        refusal = await refused(ledger.AccountFrozen, bank.transfer(person, other, "1"))
        assert refusal.owner_id == person
        await refused(ledger.AccountFrozen, bank.reserve(person, "1"))
        await bank.transfer(other, person, "1")
        await bank.unfreeze(person)
        await bank.transfer(person, other, "11")
        assert await bank.balance(person) == 0

    async def test_is_of_wallets_that_exist(self, bank, refused):
        await refused(ledger.NoSuchWallet, bank.freeze(uuid4()))

    async def test_holds_from_before_the_first_azr_whatever_races(self, bank):
        people = [await bank.person() for _ in range(10)]

        await asyncio.gather(
            *(bank.freeze(person) for person in people),
            *(bank.mint(person, 5) for person in people),
        )

        for person in people:
            with pytest.raises(ledger.AccountFrozen):
                await bank.transfer(person, people[0] if person != people[0] else people[1], 1)
        assert await bank.contradictions() == []


class TestEscrow:
    async def test_pays_the_seller_less_15_percent(self, bank, order):
        buyer, seller = order.paid().legs[0].owner_id, order.released().legs[1].owner_id

        await bank.post(order.paid())
        held = await bank.balances()
        await bank.post(order.released())

        assert held["order_escrow", order.id] == 40
        assert await bank.balances() == {
            ("mint", None): -100,
            ("wallet", buyer): 60,
            ("wallet", seller): 34,
            ("commission", None): 6,
            ("order_escrow", order.id): 0,
        }
        assert (await bank.statement(buyer))[1:] == [("purchase", 40, 60, seller)]
        assert await bank.statement(seller) == [("sale", 34, 34, buyer)]
        assert await bank.contradictions() == []

    async def test_gives_everything_back_before_release(self, bank, order):
        buyer, seller = order.paid().legs[0].owner_id, order.released().legs[1].owner_id

        await bank.post(order.paid())
        await bank.post(order.refunded())

        assert await bank.balance(buyer) == 100
        assert (await bank.statement(buyer))[1:] == [
            ("purchase", 40, 60, seller),
            ("refund", 40, 100, seller),
        ]
        assert await bank.contradictions() == []

    async def test_is_paid_released_and_refunded_once(self, bank, order, refused):
        paid = await bank.post(order.paid())

        refusal = await refused(ledger.AlreadyPosted, bank.post(order.paid()))
        assert refusal.transaction_id == paid.id
        await bank.post(order.released())
        await refused(ledger.AlreadyPosted, bank.post(order.released()))
        await refused(ledger.InsufficientFunds, bank.post(order.refunded()))

    async def test_is_released_and_refunded_as_a_whole(self, bank, order, refused):
        await bank.post(order.paid())
        part = order.but(price_azr=Decimal(39))

        await refused(ledger.EscrowLeft, bank.post(part.released()))
        await refused(ledger.EscrowLeft, bank.post(part.refunded()))

    async def test_is_between_two_people(self, bank):
        person = await bank.person("100")

        with pytest.raises(ledger.PaymentToOneself):
            Order(person, person, "1").paid()

    async def test_gives_nothing_back_from_a_person_to_themselves(self, bank):
        """No recipe sells to oneself; were it paid and released, the books would still be whole."""
        person = await bank.person("100")
        order = Order(person, await bank.person(), "40")
        await bank.post(order.paid())
        await bank.post(order.but(seller_id=person).released())

        with pytest.raises(DBAPIError, match="INVALID_POSTING"):
            await bank.refund_released(order.id, "1")

        assert await bank.contradictions() == []

    async def test_is_not_released_before_it_is_paid(self, bank, order, refused):
        await refused(ledger.InsufficientFunds, bank.post(order.released()))

    async def test_takes_prices_of_at_most_six_decimals(self, bank, refused):
        order = Order(await bank.person("100"), await bank.person(), "1.0000001")

        with pytest.raises(InvalidAmount):
            order.paid()

    async def test_takes_no_other_commission_whoever_asks(self, bank, order):
        await bank.post(order.paid())
        request = order.released().request()
        request["legs"][1]["amount"], request["legs"][2]["amount"] = "35.00000000", "5.00000000"

        with pytest.raises(DBAPIError) as refusal:
            await posted_directly(bank, request)

        assert "INVALID_POSTING" in str(refusal.value)


class TestRefundReleased:
    @pytest.fixture
    async def sold(self, bank):
        """A released order of an odd price; its buyer has 1 AZR left, its seller 0.85 times it."""
        order = Order(await bank.person("4.333333"), await bank.person(), "3.333333")
        await bank.post(order.paid())
        await bank.post(order.released())
        return order

    async def test_returns_the_whole_commission_with_the_last_part(self, bank, sold):
        buyer, seller = sold.paid().legs[0].owner_id, sold.released().legs[1].owner_id

        for part in ("1.11111111", "0.00000001", "2.22222188"):
            await bank.refund_released(sold.id, part)

        assert await bank.balance(buyer) == Decimal("4.333333")
        assert await bank.balance(seller) == 0
        assert (await bank.balances())["commission", None] == 0
        assert (await bank.statement(buyer))[-1] == (
            "refund",
            Decimal("2.22222188"),
            Decimal("4.333333"),
            seller,
        )
        assert {line[0] for line in await bank.statement(seller)} == {"sale", "refund_paid"}
        assert await bank.contradictions() == []

    async def test_refuses_more_than_was_paid(self, bank, sold, refused):
        await bank.refund_released(sold.id, "3")

        refusal = await refused(ledger.RefundTooLarge, bank.refund_released(sold.id, "0.33333301"))

        assert refusal.available_azr == Decimal("0.333333")

    async def test_refuses_a_seller_who_is_short(self, bank, sold, refused):
        seller = sold.released().legs[1].owner_id
        await bank.transfer(seller, await bank.person(), "2.5")

        refusal = await refused(ledger.InsufficientFunds, bank.refund_released(sold.id, "1"))

        assert refusal.owner_id == seller
        assert refusal.required_azr == Decimal("0.85")

    async def test_refuses_what_the_seller_has_not_had(self, bank, order, refused):
        await bank.post(order.paid())

        await refused(ledger.NotReleased, bank.refund_released(order.id, "1"))
        await refused(ledger.NotReleased, bank.refund_released(uuid4(), "1"))


class TestFeesAndRewards:
    async def test_takes_the_listing_fee_once(self, bank, refused):
        seller = await bank.person("25")
        recipe = ledger.pay_listing_fee(service_id=uuid4(), seller_id=seller)

        await bank.post(recipe)

        await refused(ledger.AlreadyPosted, bank.post(recipe))
        assert await bank.balance(seller) == 15
        assert (await bank.balances())["listing_fee", None] == 10

    async def test_pays_a_reward_once_for_each_event(self, bank, refused):
        learner = await bank.person()
        await bank.post(ledger.fund_rewards(amount_azr=Decimal(16), actor_id=None))
        recipe = ledger.reward(user_id=learner, event_id=uuid4(), amount_azr=Decimal("0.5"))

        await bank.post(recipe)

        await refused(ledger.AlreadyPosted, bank.post(recipe))
        assert await bank.balance(learner) == Decimal("0.5")
        assert await bank.statement(learner) == [("reward", Decimal("0.5"), Decimal("0.5"), None)]

    async def test_pays_a_reward_that_no_shard_has_from_several(self, bank):
        learner = await bank.person()
        await bank.post(ledger.fund_rewards(amount_azr=Decimal("16.00000005"), actor_id=None))

        await bank.post(reward_of(learner, "15.5"))
        await bank.post(reward_of(learner, "0.50000005"))

        assert await bank.balance(learner) == Decimal("16.00000005")
        assert (await bank.balances())["reward_pool", None] == 0
        assert await bank.contradictions() == []

    async def test_refuses_a_reward_beyond_the_pool(self, bank, refused):
        learner = await bank.person()
        await bank.post(ledger.fund_rewards(amount_azr=Decimal("0.00000003"), actor_id=None))

        refusal = await refused(
            ledger.InsufficientFunds, bank.post(reward_of(learner, "0.00000004"))
        )

        assert (refusal.account, refusal.owner_id) == ("reward_pool", None)
        assert refusal.available_azr == Decimal("0.00000003")

    async def test_burns(self, bank, refused):
        person = await bank.person("5")
        recipe = ledger.burn(user_id=person, amount_azr=Decimal(2), actor_id=person)

        await bank.post(recipe)

        assert await bank.balances() == {("mint", None): -3, ("wallet", person): 3}
        assert (await bank.statement(person))[-1] == ("withdrawal", 2, 3, None)


class TestRevert:
    async def test_mirrors_a_transaction(self, bank):
        sender, recipient = await bank.person("10"), await bank.person()
        transfer = await bank.transfer(sender, recipient, "4")

        await bank.revert(transfer.id)

        assert await bank.balance(sender) == 10
        assert (await bank.statement(sender))[-1] == ("refund", 4, 10, recipient)
        assert (await bank.statement(recipient))[-1] == ("refund_paid", 4, 0, sender)
        assert await bank.contradictions() == []

    async def test_happens_once_and_is_final(self, bank, refused):
        minted = await bank.mint(await bank.person(), "5")
        reversal = await bank.revert(minted.id)

        refusal = await refused(ledger.AlreadyReversed, bank.revert(minted.id))
        assert refusal.transaction_id == reversal.id
        await refused(ledger.NotReversible, bank.revert(reversal.id))
        await refused(ledger.NoSuchTransaction, bank.revert(uuid4()))

    async def test_refuses_what_has_been_spent(self, bank, refused):
        person = await bank.person()
        minted = await bank.mint(person, "5")
        await bank.transfer(person, await bank.person(), "1")

        await refused(ledger.InsufficientFunds, bank.revert(minted.id))

    async def test_takes_an_orders_last_transaction_first(self, bank, order, refused):
        postings = [await bank.post(order.paid()), await bank.post(order.released())]
        postings += [await bank.refund_released(order.id, part) for part in ("0.1", "0.1")]
        before = await bank.balances()

        for posting in postings[:-1]:
            refusal = await refused(ledger.NotTheLast, bank.revert(posting.id))
            assert refusal.transaction_id == postings[-1].id
        for posting in reversed(postings):
            await bank.revert(posting.id)
            assert await bank.contradictions() == []

        after = await bank.balances()
        assert before["commission", None] > after["commission", None] == 0
        assert after["wallet", order.paid().legs[0].owner_id] == 100


class TestShapes:
    """What the database posts for no caller, however its program is broken."""

    @pytest.mark.parametrize(
        "legs",
        [
            [("wallet", "-1")],
            [("wallet", "-1"), ("other", "2")],
            [("wallet", "-1"), ("wallet", "1")],
            [("mint", "-1"), ("wallet", "1")],
            [("wallet", "-1"), ("commission", "1")],
            [("other", "1"), ("wallet", "-1")],
            [],
        ],
    )
    async def test_are_those_of_their_kind(self, bank, legs):
        owners = {"wallet": await bank.person("10"), "other": await bank.person("10")}
        request = {
            "kind": "transfer",
            "legs": [
                {
                    "account": "wallet" if name in owners else name,
                    "owner": str(owners[name]) if name in owners else None,
                    "amount": amount,
                }
                for name, amount in legs
            ],
        }
        before = await bank.balances()

        with pytest.raises(DBAPIError) as refusal:
            await posted_directly(bank, request)

        assert "INVALID_POSTING" in str(refusal.value)
        assert await bank.balances() == before

    async def test_of_an_order_touch_its_own_escrow_only(self, bank, order):
        await bank.post(order.paid())
        request = order.released().request() | {"reference_id": str(uuid4())}

        with pytest.raises(DBAPIError) as refusal:
            await posted_directly(bank, request)

        assert "INVALID_POSTING" in str(refusal.value)

    async def test_exist_for_every_kind_that_is_posted_by_legs(self, bank):
        made_elsewhere = {"refund_released", "reversal", "ai_usage"}
        query = "SELECT kind FROM unnest(CAST(:kinds AS text[])) kind"

        found = await bank.rows(
            f"{query} WHERE ledger_shape(kind) IS NULL", kinds=[each.value for each in PostingKind]
        )

        assert {kind for (kind,) in found} == made_elsewhere


def reward_of(learner: UUID, azr: str) -> Recipe:
    return ledger.reward(user_id=learner, event_id=uuid4(), amount_azr=Decimal(azr))


async def posted_directly(bank, request) -> None:
    """Call the function with a request that no recipe makes."""

    class Raw:
        def request(self):
            return request

    await bank.post(Raw())


async def test_share_is_the_same_in_python_and_postgresql(bank):
    """Half to even, on amounts that fall on halves and beside them."""
    whole, total = Decimal("0.00000005"), Decimal("0.0000001")
    parts = [Decimal(number).scaleb(-8) for number in range(1, 11)]

    async with bank.database.read() as session:
        shares = [
            await session.scalar(
                text("SELECT ledger_share(:whole, :part, :total)"),
                {"whole": whole, "part": part, "total": total},
            )
            for part in parts
        ]

    assert shares == [share_azr(whole, part, total=total) for part in parts]
    assert [int(share.scaleb(8)) for share in shares] == [0, 1, 2, 2, 2, 3, 4, 4, 4, 5]
