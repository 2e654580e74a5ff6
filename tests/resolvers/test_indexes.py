"""Every read has an index: with sequential scans disabled, PostgreSQL's plans have none.

Where an order is promised, an index gives it: sorting is disabled too, and the plan does not sort.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from core.ids import new_id
from models.tables import (
    AdjustmentState,
    CourseLevel,
    ListingState,
    OrderState,
    Role,
    TransactionStatus,
    TransactionType,
)
from resolvers.keyset import Page
from resolvers.learning import courses, enrolments
from resolvers.learning.courses import CourseFilter, CourseSort, courses_page
from resolvers.marketplace import listings, orders, queries as marketplace, reviews, sales
from resolvers.marketplace.catalogue import NO_FILTER, ServiceFilter, ServiceSort, services_page
from resolvers.marketplace.orders import OrderRole
from resolvers.tokens import prices, queries as tokens, treasury, wallets
from resolvers.tokens.prices import PriceSpan
from resolvers.tokens.queries import TransactionFilter, transactions_page
from resolvers.users.queries import UserFilter, private_users_by_id, users_by_id, users_page
from resolvers.users.stats import stats
from services.auth.viewer import Viewer
from services.marketplace.orders.clock import move_overdue_orders
from services.marketplace.reviews import show_due_reviews
from tests.counting import hearing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
VIEWER, OTHER = new_id(), new_id()
IDS = [VIEWER, OTHER]
MANY_ROWS = (
    "INSERT INTO users (id, email, password_hash) VALUES (:viewer, 'viewer@example.com', '')",
    """
    INSERT INTO users (email, password_hash, full_name, country_code)
    SELECT n || '@example.com', '', 'Name' || n, CASE WHEN n % 400 = 0 THEN 'TV' ELSE 'NG' END
    FROM generate_series(1, 2000) n
    """,
    """
    INSERT INTO services (name, provider_id)
    SELECT 'service' || n, :viewer FROM generate_series(1, 2000) n
    """,
    """
    INSERT INTO courses (
        id, title, description, subject, level, language, instructor_id, is_published
    )
    SELECT gen_random_uuid(), 'course' || n, '', '', 'beginner', 'en', :viewer, true
    FROM generate_series(1, 2000) n
    """,
)
FIRST, LAST = Page(first=2), Page(last=2)


def in_both_directions(name, index, read):
    """Two cases: a page from the beginning and one from the end."""
    return [
        pytest.param(read, page, index, id=f"{name}, {end}")
        for end, page in (("first", FIRST), ("last", LAST))
    ]


def services_sorted(sort, **conditions):
    wanted = ServiceFilter(price_min_azr=Decimal(0), **conditions)
    return lambda context, page: services_page(context, page, wanted, sort)


def courses_sorted(sort):
    return lambda context, page: courses_page(context, page, CourseFilter(), sort)


def orders_of(role, state=None):
    return lambda context, page: orders.orders_of_people(context, IDS, OrderRole[role], state, page)


ROOT_LISTS = [
    *in_both_directions(
        "users",
        "ix_users_newest",
        lambda context, page: users_page(context, page, UserFilter()),
    ),
    *in_both_directions(
        "users of a country",
        "ix_users_country",
        lambda context, page: users_page(context, page, UserFilter(country_code="TV")),
    ),
    *in_both_directions(
        "services, newest", "ix_services_active_newest", services_sorted(ServiceSort.NEWEST)
    ),
    *in_both_directions(
        "services, cheapest",
        "ix_services_active_price",
        services_sorted(ServiceSort.PRICE_LOW_TO_HIGH),
    ),
    *in_both_directions(
        "services, dearest",
        "ix_services_active_price",
        services_sorted(ServiceSort.PRICE_HIGH_TO_LOW),
    ),
    *in_both_directions(
        "services, name", "ix_services_active_name", services_sorted(ServiceSort.NAME)
    ),
    *in_both_directions(
        "services, rating", "ix_services_active_rating", services_sorted(ServiceSort.RATING)
    ),
    *in_both_directions(
        "services of a category",
        "ix_services_active_category",
        services_sorted(ServiceSort.NEWEST, categories=("Design",)),
    ),
    *in_both_directions(
        "courses, newest", "ix_courses_published_newest", courses_sorted(CourseSort.NEWEST)
    ),
    *in_both_directions(
        "courses, title", "ix_courses_published_title", courses_sorted(CourseSort.TITLE)
    ),
    *in_both_directions(
        "own transactions",
        "ix_transactions_user_newest",
        lambda context, page: transactions_page(context, page, TransactionFilter()),
    ),
    *in_both_directions(
        "prices",
        "ix_token_prices_newest",
        lambda context, page: prices.prices_page(context, page, PriceSpan(since=NOW)),
    ),
    *in_both_directions(
        "adjustments",
        "ix_adjustments_newest",
        lambda context, page: treasury.adjustments_page(context, page, None),
    ),
    *in_both_directions(
        "adjustments in a state",
        "ix_adjustments_state",
        lambda context, page: treasury.adjustments_page(context, page, AdjustmentState.PROPOSED),
    ),
    *in_both_directions("shortfalls", "ix_payment_returns_open", treasury.shortfalls_page),
    *in_both_directions("disputed orders", "ix_orders_disputed", orders.disputed_orders_page),
    *in_both_directions("audit log", "ix_audit_log_newest", treasury.audit_page),
]
PARENTS_LISTS = [
    *in_both_directions(
        "transactions of users",
        "ix_transactions_user_newest",
        lambda context, page: tokens.transactions_of_users(context, IDS, page),
    ),
    *in_both_directions(
        "services of providers",
        "ix_services_provider_newest",
        lambda context, page: marketplace.services_of_providers(context, IDS, page),
    ),
    *in_both_directions(
        "listings of providers",
        "ix_services_provider_newest",
        lambda context, page: listings.listings_of_providers(
            context, IDS, ListingState.DRAFT, page
        ),
    ),
    *in_both_directions(
        "reviews of services",
        "ix_reviews_service_newest",
        lambda context, page: reviews.reviews_of_services(context, IDS, page),
    ),
    *in_both_directions(
        "reviews of buyers",
        "ix_reviews_buyer_newest",
        lambda context, page: reviews.reviews_of_buyers(context, IDS, page),
    ),
    *in_both_directions("orders of buyers", "ix_orders_buyer_newest", orders_of("BUYER")),
    *in_both_directions("orders of sellers", "ix_orders_seller_newest", orders_of("SELLER")),
    *in_both_directions(
        "orders of buyers in a state",
        "ix_orders_buyer_state",
        orders_of("BUYER", OrderState.PAID),
    ),
    *in_both_directions(
        "orders of sellers in a state",
        "ix_orders_seller_state",
        orders_of("SELLER", OrderState.PAID),
    ),
    *in_both_directions(
        "history of orders",
        "uq_order_events_position",
        lambda context, page: orders.history_of_orders(context, IDS, page),
    ),
    *in_both_directions(
        "evidence of orders",
        "ix_order_evidence_order",
        lambda context, page: orders.evidence_of_orders(context, IDS, page),
    ),
    *in_both_directions(
        "payouts of sellers",
        "ix_orders_seller_paid_out",
        lambda context, page: sales.payouts_of_sellers(context, IDS, page),
    ),
    *in_both_directions(
        "lessons of courses",
        "uq_lessons_course_position",
        lambda context, page: courses.lessons_of_courses(context, IDS, page),
    ),
    *in_both_directions(
        "enrolments of users",
        "ix_enrolments_user_newest",
        lambda context, page: enrolments.enrolments_of_users(context, IDS, page),
    ),
]
FILTERED = [
    pytest.param(
        lambda context: users_page(context, FIRST, UserFilter(role=Role.SELLER)),
        "ix_users_roles",
        id="users with a role",
    ),
    pytest.param(
        lambda context: users_page(context, FIRST, UserFilter(search="amara")),
        "ix_users_search",
        id="users by words",
    ),
    pytest.param(
        lambda context: services_page(
            context, FIRST, ServiceFilter(search="logo"), ServiceSort.NEWEST
        ),
        ["pk_search_words", "ix_services_search"],
        id="services by words",
    ),
    pytest.param(
        lambda context: courses_page(
            context, FIRST, CourseFilter(search="python"), CourseSort.NEWEST
        ),
        "ix_courses_search",
        id="courses by words",
    ),
]
BY_KEYS = [
    users_by_id,
    private_users_by_id,
    marketplace.services_by_id,
    marketplace.service_counts,
    listings.listing_counts,
    marketplace.ratings_of_providers,
    reviews.review_counts,
    reviews.reviews_by_id,
    reviews.buyer_review_counts,
    reviews.ratings_of_buyers,
    reviews.reviews_of_orders,
    orders.orders_by_id,
    orders.event_counts,
    orders.evidence_counts,
    orders.receipts_of_orders,
    sales.earnings_of_sellers,
    sales.states_of_sellers,
    sales.payout_counts,
    courses.courses_by_id,
    courses.lessons_by_id,
    courses.lesson_counts,
    enrolments.enrolments_by_id,
    enrolments.enrolment_counts,
    enrolments.certificate_counts,
    enrolments.progress_by_enrolment,
    tokens.transactions_by_id,
    tokens.transaction_counts,
    tokens.balances,
]
OTHERS = {
    "services, cached": lambda context: services_page(
        context, Page(), NO_FILTER, ServiceSort.NEWEST
    ),
    "services with a rating": lambda context: services_page(
        context, FIRST, ServiceFilter(rating_min=3), ServiceSort.NEWEST
    ),
    "categories": listings.categories,
    "courses of every kind": lambda context: courses_page(
        context,
        FIRST,
        CourseFilter(subject="Law", level=CourseLevel.BEGINNER, language="en"),
        CourseSort.TITLE,
    ),
    "transactions of every kind": lambda context: transactions_page(
        context,
        FIRST,
        TransactionFilter(
            types=frozenset({TransactionType.SALE}), status=TransactionStatus.PENDING
        ),
    ),
    "receipts": lambda context: tokens.movements_of_users(
        context, IDS, "receipt_code", "AZR-0123-4567-89AB"
    ),
    "movements of a posting": lambda context: tokens.movements_of_users(
        context, IDS, "posting_id", OTHER
    ),
    "wallets": lambda context: wallets.wallets(context, IDS),
    "lesson bodies": lambda context: courses.lesson_bodies(context, IDS),
    "lesson completions": lambda context: enrolments.lesson_completions(context, IDS),
    "progress of the viewer": lambda context: enrolments.progress_of_viewer(context, IDS),
    "orders counted": lambda context: orders.order_counts(
        context, IDS, role=OrderRole.SELLER, state=OrderState.PAID
    ),
    "overdue orders": lambda context: move_overdue_orders(context.stores),
    "due reviews": lambda context: show_due_reviews(context.stores),
    "stats": stats,
    "token price": prices.token_price,
}


@pytest.fixture
def signed_in(context):
    context.viewer = Viewer(user_id=VIEWER, session_id=OTHER, roles=frozenset())
    return context


@pytest.fixture
async def many_rows(database):
    """So many rows that reading them all would be the worst plan, which PostgreSQL knows."""
    async with database.transaction() as session:
        for statement in MANY_ROWS:
            await session.execute(text(statement), {"viewer": VIEWER})
        await session.execute(text("ANALYZE users, services, courses"))


@pytest.fixture
def plan(stores):
    """Runs a read, and answers with the steps of the plans of its statements."""

    async def run(read, *, without):
        heard = []
        with hearing(stores.database, lambda *statement: heard.append(statement)):
            await read
        assert heard
        return [step for each in heard for step in await explained(stores, each, without)]

    return run


async def explained(stores, statement, without):
    sql, parameters = statement
    async with stores.database.transaction() as session:
        connection = await session.connection()
        for way in without:
            await connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        answer = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", tuple(parameters))
        return list(steps_of(answer.scalar_one()[0]["Plan"]))


def steps_of(step):
    yield step
    for child in step.get("Plans", []):
        yield from steps_of(child)


def kinds(steps):
    return {step["Node Type"] for step in steps}


def indexes(steps):
    return [step["Index Name"] for step in steps if "Index Name" in step]


class TestReads:
    @pytest.mark.parametrize(("read", "page", "index"), ROOT_LISTS)
    async def test_of_root_lists_find_rows_and_order_in_one_index(
        self, signed_in, plan, many_rows, read, page, index
    ):
        steps = await plan(read(signed_in, page), without=["seqscan", "bitmapscan", "sort"])

        assert indexes(steps) == [index]
        assert kinds(steps) == {"Limit", "Index Scan"}

    @pytest.mark.parametrize(("read", "page", "index"), PARENTS_LISTS)
    async def test_of_parents_lists_find_each_parents_rows_in_one_index(
        self, signed_in, plan, read, page, index
    ):
        steps = await plan(read(signed_in, page), without=["seqscan", "bitmapscan", "sort"])

        assert indexes(steps) == [index]
        assert "Seq Scan" not in kinds(steps)

    @pytest.mark.parametrize(("read", "index"), FILTERED)
    async def test_of_filtered_lists_find_rows_in_the_filters_index(
        self, signed_in, plan, many_rows, read, index
    ):
        steps = await plan(read(signed_in), without=["seqscan"])

        assert indexes(steps) == (index if isinstance(index, list) else [index])
        assert "Seq Scan" not in kinds(steps)

    @pytest.mark.parametrize("read", BY_KEYS, ids=lambda read: read.__name__)
    async def test_by_keys_scan_no_table(self, signed_in, plan, read):
        steps = await plan(read(signed_in, IDS), without=["seqscan"])

        assert "Seq Scan" not in kinds(steps)

    @pytest.mark.parametrize("read", OTHERS.values(), ids=OTHERS.keys())
    async def test_of_other_kinds_scan_no_table(self, signed_in, plan, read):
        steps = await plan(read(signed_in), without=["seqscan"])

        assert "Seq Scan" not in kinds(steps)
