"""The seeded world repeats itself and is consistent, before anything of it is loaded."""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from core.clock import start_of_day
from dev.seed import DEMO_PASSWORD, DEMO_PEOPLE, Size
from dev.seed.library import dialogues
from dev.seed.plan import PLANS
from dev.seed.world import World, invent_world
from models.base import metadata
from models.tables import ListingState, Plan, TransactionStatus
from models.tables.tokens import INCOMING_TYPES
from services.ledger.recipes import LISTING_FEE_AZR
from services.plans import RULES

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
TODAY = start_of_day(NOW)
LEARNER, SELLER, *_ = DEMO_PEOPLE

# The large world takes a dozen seconds: one worker invents it, for all tests.
pytestmark = pytest.mark.xdist_group("seed")
UNSEEDED_TYPES = {"refund", "settlement", "adjustment_in"}


def invented(size: Size = Size.SMALL, number: int = 7, now: datetime = NOW) -> World:
    return invent_world(PLANS[size], number=number, now=now, password_hash="hashed")


@pytest.fixture(scope="module", params=[Size.SMALL, Size.LARGE])
def size(request) -> Size:
    return request.param


@pytest.fixture(scope="module")
def world(size: Size) -> World:
    return invented(size)


def moment_of(key: UUID) -> datetime:
    """The time in a UUIDv7, which is cut to the millisecond."""
    assert key.version == 7
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=key.int >> 80)


def of_services(world: World) -> list:
    """The reviews that buyers wrote."""
    return [review for review in world.reviews if review.buyer_id is None]


class TestRepetition:
    def test_makes_the_same_world_of_the_same_number(self):
        assert repr(invented()) == repr(invented())

    def test_makes_another_world_of_another_number(self):
        one, other = invented(number=7), invented(number=8)

        assert [user.full_name for user in one.users] != [user.full_name for user in other.users]

    def test_does_not_depend_on_hash_randomisation(self):
        program = (
            "import hashlib; from tests.dev.test_seed import invented;"
            "print(hashlib.sha256(repr(invented()).encode()).hexdigest())"
        )

        digests = {
            subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path.cwd())},
                capture_output=True,
                check=True,
            ).stdout
            for hash_seed in ("1", "2")
        }

        assert len(digests) == 1

    def test_moves_with_its_now(self):
        one, later = invented(), invented(now=NOW + timedelta(days=3))

        shifts = {
            after.created_at - before.created_at
            for before, after in zip(one.users, later.users, strict=True)
        }
        assert shifts == {timedelta(days=3)}


class TestNumbers:
    def test_are_those_of_the_plan(self, world: World, size: Size):
        plan = PLANS[size]

        assert len(world.users) == plan.users
        assert len(world.services) == plan.services
        assert len(of_services(world)) == plan.reviews
        assert len(world.courses) == plan.courses
        assert len(world.enrolments) == plan.enrolments
        assert len(world.conversations) == plan.conversations
        assert len(world.events) == plan.events

    def test_of_the_large_plan_are_those_that_were_promised(self):
        plan = PLANS[Size.LARGE]

        assert (plan.users, plan.services, plan.reviews) == (10_000, 2_000, 20_000)
        assert (plan.courses, plan.enrolments, plan.conversations) == (300, 50_000, 5_000)


class TestRows:
    def test_have_the_columns_of_their_tables(self, world: World):
        for table, rows in world.rows_by_table().items():
            columns = metadata.tables[table].columns
            computed = {column.name for column in columns if column.computed is not None}

            assert {*rows[0]._fields} == {*columns.keys()} - computed - {"xid"}

    def test_fit_into_the_text_columns(self, world: World):
        for table, rows in world.rows_by_table().items():
            for name in rows[0]._fields:
                length_max = getattr(metadata.tables[table].columns[name].type, "length", None)
                if length_max is not None:
                    texts = [getattr(row, name) or "" for row in rows]

                    assert max(map(len, texts)) <= length_max

    def test_carry_their_time_in_their_id(self, world: World):
        created = [
            *((row.id, row.created_at) for row in world.users),
            *((row.id, row.created_at) for row in world.services),
            *((row.id, row.created_at) for row in world.reviews),
            *((row.id, row.created_at) for row in world.orders),
            *((row.id, row.created_at) for row in world.order_events),
            *((row.id, row.created_at) for row in world.courses),
            *((row.id, row.created_at) for row in world.enrolments),
            *((row.id, row.created_at) for row in world.transactions),
            *((row.id, row.posted_at) for row in world.token_prices),
            *((row.id, row.timestamp) for row in world.conversations),
            *((row.id, row.timestamp) for row in world.events),
        ]

        assert all(moment_of(key) == moment for key, moment in created)
        assert len({key for key, _ in created}) == len(created)

    def test_are_none_of_the_future(self, world: World):
        moments = [
            *(row.created_at for row in world.users),
            *(row.updated_at for row in world.users),
            *(row.updated_at for row in world.services),
            *(row.shown_at for row in world.reviews),
            *(row.updated_at for row in world.orders),
            *(row.updated_at for row in world.courses),
            *(row.created_at for row in world.enrolments),
            *(row.completed_at for row in world.lesson_progress),
            *(row.created_at for row in world.transactions),
            *(row.posted_at for row in world.token_prices),
            *(row.timestamp for row in world.events),
            *(message.timestamp for row in world.conversations for message in row.messages),
        ]

        assert max(moments) < NOW

    def test_of_today_exist_even_just_after_midnight(self):
        world = invented(now=TODAY)

        assert any(row.created_at >= TODAY for row in world.users)
        assert any(row.created_at >= TODAY for row in world.transactions)
        assert any(row.timestamp >= TODAY for row in world.conversations)
        assert any(row.timestamp >= TODAY for row in world.events)


class TestPeople:
    def test_can_all_be_told_apart(self, world: World):
        for values in (
            [user.email for user in world.users],
            [user.handle for user in world.users],
            [user.id for user in world.users],
        ):
            assert len(set(values)) == len(values)

    def test_have_well_formed_handles_and_safe_addresses(self, world: World):
        assert all(re.fullmatch("[a-z0-9_]{3,30}", user.handle) for user in world.users)
        assert all(
            re.fullmatch(r"[a-z0-9._]+@(example\.com|azora\.example)", user.email)
            for user in world.users
        )

    def test_live_in_many_countries_and_real_time_zones(self, world: World):
        assert len({user.country_code for user in world.users}) >= 20
        assert all(ZoneInfo(zone) for zone in {user.time_zone for user in world.users})

    def test_sell_and_teach_only_with_the_role(self, world: World):
        roles = {user.id: user.roles for user in world.users}

        assert all("learner" in each for each in roles.values())
        assert all("seller" in roles[service.provider_id] for service in world.services)
        assert all("instructor" in roles[course.instructor_id] for course in world.courses)

    def test_share_one_password_hash(self, world: World):
        assert {user.password_hash for user in world.users} == {"hashed"}
        assert len(DEMO_PASSWORD) >= 15


class TestDemoPeople:
    def test_are_in_every_world(self, world: World):
        found = {user.email: user for user in world.users}

        assert [person.role for person in DEMO_PEOPLE] == ["learner", "seller", "partner", "admin"]
        for person in DEMO_PEOPLE:
            assert found[person.email].full_name == person.name
            assert person.role in found[person.email].roles

    def test_include_a_learner_with_courses_talks_of_today_and_a_balance(self, world: World):
        learner = next(user for user in world.users if user.email == LEARNER.email)

        enrolments = [each for each in world.enrolments if each.user_id == learner.id]
        progress = Counter(each.enrolment_id for each in world.lesson_progress)
        finished = [each for each in enrolments if each.completed_at is not None]
        assert len(enrolments) >= 5
        assert 0 < len(finished) < len(enrolments)
        assert any(progress[each.id] for each in enrolments if each.completed_at is None)
        assert learner.azr_balance > 0

    def test_include_a_learner_with_free_tokens_left_today(self, world: World):
        learner = next(user for user in world.users if user.email == LEARNER.email)

        used = sum(
            message.tokens
            for conversation in world.conversations
            if conversation.user_id == learner.id
            for message in conversation.messages
            if message.timestamp >= TODAY
        )
        assert 0 < used < 1000

    def test_include_a_seller_with_reviewed_services(self, world: World):
        seller = next(user for user in world.users if user.email == SELLER.email)

        services = [each for each in world.services if each.provider_id == seller.id]
        offered = [each for each in services if each.state == "published"]
        assert len(offered) >= 4
        assert all(service.review_count >= 3 for service in offered)
        assert len({service.name for service in services}) == len(services)

    def test_include_a_seller_with_a_draft_and_the_azr_to_publish_it(self, world: World):
        seller = next(user for user in world.users if user.email == SELLER.email)

        states = [each.state for each in world.services if each.provider_id == seller.id]
        assert states.count("draft") == 1
        assert seller.azr_balance >= LISTING_FEE_AZR


class TestServices:
    def test_count_their_reviews_and_stars(self, world: World):
        stars = defaultdict(list)
        for review in of_services(world):
            stars[review.service_id].append(review.rating)

        for service in world.services:
            assert service.review_count == len(stars[service.id])
            assert service.rating_total == sum(stars[service.id])

    def test_are_reviewed_once_by_each_author_and_never_by_their_provider(self, world: World):
        provider = {service.id: service.provider_id for service in world.services}

        pairs = [(review.service_id, review.author_id) for review in of_services(world)]
        assert len(set(pairs)) == len(pairs)
        assert all(provider[service] != author for service, author in pairs)

    def test_are_reviewed_after_they_and_the_author_came(self, world: World):
        created = {row.id: row.created_at for row in (*world.services, *world.users)}

        assert all(row.created_at > created[row.service_id] for row in world.reviews)
        assert all(row.created_at > created[row.author_id] for row in world.reviews)
        assert all(row.created_at > created[row.provider_id] for row in world.services)

    def test_are_priced_with_at_most_six_decimals(self, world: World):
        prices = [row.price_azr for row in world.services if row.price_azr is not None]

        assert all(0 < price == price.quantize(Decimal("0.000001")) for price in prices)

    def test_are_in_every_state_and_mostly_on_offer(self, world: World):
        states = Counter(service.state for service in world.services)

        assert set(states) == set(ListingState)
        assert states["published"] > 0.7 * len(world.services)
        assert all(each.is_active == (each.state == "published") for each in world.services)

    def test_are_paid_for_reviewed_and_sold_unless_they_are_drafts(self, world: World):
        published = {each.id for each in world.services if each.state != "draft"}
        fees = [each for each in world.books.transactions if each.kind == "listing_fee"]

        assert sorted(each.reference_id for each in fees) == sorted(published)
        assert {each.service_id for each in world.reviews} <= published

    def test_are_no_more_on_offer_than_the_free_plan_allows(self, world: World):
        offered = Counter(each.provider_id for each in world.services if each.is_active)

        assert max(offered.values()) <= RULES[Plan.FREE].listings_max

    def test_get_comments_that_fit_the_stars(self, world: World):
        assert {review.rating for review in world.reviews} == {1, 2, 3, 4, 5}
        assert not any("recommend this" in row.comment for row in world.reviews if row.rating > 1)
        assert not any("{" in review.comment for review in world.reviews)


class TestOrders:
    def test_are_reviewed_by_their_parties_in_time(self, world: World):
        orders = {order.id: order for order in world.orders}

        for review in world.reviews:
            order = orders[review.order_id]
            sides = {order.buyer_id, order.seller_id}
            assert review.author_id in sides - {review.buyer_id}
            assert review.buyer_id in {None, order.buyer_id}
            assert order.paid_out_at <= review.created_at <= review.due_at
            assert review.created_at <= review.shown_at <= review.due_at
            assert review.shown_at < NOW

    def test_are_in_many_states_with_deadlines_to_come(self, world: World):
        states = Counter(order.state for order in world.orders)
        deadlines = [order.deadline_at for order in world.orders if order.deadline_at]

        assert set(states) == {"completed", "cancelled", "accepted", "paid"}
        assert states["completed"] > 10 * states["cancelled"] > 0
        assert min(deadlines) > NOW

    def test_tell_what_happened_in_its_order(self, world: World):
        history = defaultdict(list)
        for event in world.order_events:
            history[event.order_id].append(event)

        for order in world.orders:
            events = history[order.id]
            times = [event.created_at for event in events]
            assert [event.position for event in events] == [*range(1, order.version + 1)]
            assert [None, *(event.to_state for event in events)] == [
                *(event.from_state for event in events),
                order.state,
            ]
            assert times == sorted(times)
            assert (times[0], times[-1]) == (order.created_at, order.updated_at)


class TestLearning:
    def test_publishes_most_courses(self, world: World):
        published = Counter(course.is_published for course in world.courses)

        assert published[True] > 5 * published[False] > 0

    def test_numbers_lessons_from_one_and_writes_them_out(self, world: World):
        positions = defaultdict(list)
        for lesson in world.lessons:
            positions[lesson.course_id].append(lesson.position)

        assert len(positions) == len(world.courses)
        assert all(each == list(range(1, len(each) + 1)) for each in positions.values())
        assert all(lesson.body.count("\n\n") >= 6 for lesson in world.lessons)
        assert all(1 <= lesson.duration_minutes <= 600 for lesson in world.lessons)

    def test_enrols_after_course_and_person_came_and_once(self, world: World):
        created = {row.id: row.created_at for row in (*world.courses, *world.users)}

        pairs = {(row.user_id, row.course_id) for row in world.enrolments}
        assert len(pairs) == len(world.enrolments)
        assert all(row.created_at > created[row.course_id] for row in world.enrolments)
        assert all(row.created_at > created[row.user_id] for row in world.enrolments)

    def test_enrols_in_published_courses_and_no_instructor_in_their_own(self, world: World):
        courses = {course.id: course for course in world.courses}

        assert all(courses[row.course_id].is_published for row in world.enrolments)
        assert all(courses[row.course_id].instructor_id != row.user_id for row in world.enrolments)

    def test_completes_a_course_with_its_last_lesson(self, world: World):
        lessons = defaultdict(set)
        for lesson in world.lessons:
            lessons[lesson.course_id].add(lesson.id)
        done = defaultdict(dict)
        for row in world.lesson_progress:
            done[row.enrolment_id][row.lesson_id] = row.completed_at

        for enrolment in world.enrolments:
            times = done[enrolment.id]
            is_complete = times.keys() == lessons[enrolment.course_id]
            assert times.keys() <= lessons[enrolment.course_id]
            assert enrolment.completed_at == (max(times.values()) if is_complete else None)
            assert all(time >= enrolment.created_at for time in times.values())


class TestStatements:
    def test_add_up_to_the_balance_and_never_fall_below_zero(self, world: World):
        balances = defaultdict(Decimal)
        for row in sorted(world.transactions, key=lambda row: (row.created_at, row.id)):
            assert row.amount > 0
            if row.status == TransactionStatus.COMPLETED:
                balances[row.user_id] += row.amount if row.type in INCOMING_TYPES else -row.amount
                assert balances[row.user_id] >= 0

        assert {user.id: user.azr_balance for user in world.users} == balances

    def test_say_what_each_movement_left_and_who_was_on_the_other_side(self, world: World):
        balances = defaultdict(Decimal)
        for row in world.transactions:
            if row.status == TransactionStatus.COMPLETED:
                balances[row.user_id] += row.amount if row.type in INCOMING_TYPES else -row.amount
                assert row.balance_after == balances[row.user_id]
                assert row.receipt_code.startswith("AZR-")
            else:
                assert (row.ledger_transaction_id, row.balance_after) == (None, None)
            if row.type in {"sale", "purchase", "transfer_in", "transfer_out"}:
                assert row.counterparty_id not in {None, row.user_id}

    def test_begin_after_their_person_joined(self, world: World):
        joined = {user.id: user.created_at for user in world.users}

        assert all(row.created_at >= joined[row.user_id] for row in world.transactions)

    def test_have_every_type_and_status(self, world: World):
        statuses = Counter(row.status for row in world.transactions)

        assert set(statuses) == {"completed", "pending", "failed"}
        assert statuses["completed"] > 10 * (statuses["pending"] + statuses["failed"])
        assert {row.type for row in world.transactions} >= INCOMING_TYPES - UNSEEDED_TYPES

    def test_post_prices_for_ninety_days(self, world: World):
        posted = [row.posted_at for row in world.token_prices]

        assert posted == sorted(posted)
        assert posted[-1] - posted[0] >= timedelta(days=89)
        assert all(0 < row.usd < 10 for row in world.token_prices)


class TestConversations:
    def test_sum_their_tokens_and_take_turns(self, world: World):
        for conversation in world.conversations:
            messages = conversation.messages
            assert conversation.tokens == sum(message.tokens for message in messages)
            assert conversation.timestamp == messages[0].timestamp
            assert [each.role for each in messages[:2]] == ["user", "assistant"]
            assert all(one.role != next_.role for one, next_ in pairwise(messages))
            assert all(one.timestamp < next_.timestamp for one, next_ in pairwise(messages))

    def test_begin_after_their_person_joined(self, world: World):
        joined = {user.id: user.created_at for user in world.users}

        assert all(row.timestamp > joined[row.user_id] for row in world.conversations)

    def test_use_the_three_families(self, world: World):
        assert {row.model for row in world.conversations} == {"claude", "gpt", "gemini"}

    @pytest.mark.parametrize("dialogue", dialogues().dialogues, ids=lambda each: each.title)
    def test_fill_every_brace(self, dialogue):
        texts = [dialogue.title, dialogue.answer, *dialogue.openings]
        texts += [part for follow_up in dialogue.follow_ups for part in follow_up]

        slots = set(re.findall(r"\{(\w+)\}", " ".join(texts)))
        assert all(slots == scenario.keys() for scenario in dialogue.scenarios)
