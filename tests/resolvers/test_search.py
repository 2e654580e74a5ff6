"""Text search: every typed word, or one that begins with it, whatever people type."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from models.tables import Service
from resolvers.keyset import Page
from resolvers.marketplace.catalogue import ServiceFilter, ServiceSort, services_page
from resolvers.search import LENGTH_MAX, WORDS_MAX, search_query

READING = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# What can arrive: the edge refuses NUL and halves of characters.
TYPED = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60)
OPERATORS = st.text("ab&|!()<->:*'\"\\ %_-+.,/@#$^~`[]{}0", max_size=40)


@pytest.fixture
def ranked(context):
    """The names of the services that a search finds, best first."""

    async def run(typed, page=Page(), **conditions):  # noqa: B008  # it is frozen
        wanted = ServiceFilter(search=typed, **conditions)
        slice_ = await services_page(context, page, wanted, None)
        return [row.name for row in slice_.rows]

    return run


@pytest.fixture
def found(context):
    """The names of the services that a search finds."""

    async def run(typed):
        wanted = ServiceFilter(search=typed)
        slice_ = await services_page(context, Page(), wanted, ServiceSort.NAME)
        return [row.name for row in slice_.rows]

    return run


@pytest.fixture
async def services(make):
    provider = await make.user()
    for name, category, description in (
        ("Logo design", "Design", "A mark for your shop."),
        ("Poster design", "Design", "Printed in Nairobi."),
        ("UI/UX in Node.js", "E-commerce", "Call +27 or anna_b@azora.world, <bold>."),
        ("Translation", "Language", "From Ịgbò to French."),
    ):
        await make.service(provider, name=name, category=category, description=description)


class TestSearchQuery:
    @pytest.mark.parametrize(
        ("typed", "names"),
        [
            ("logo", ["Logo design"]),
            ("LOGO", ["Logo design"]),
            ("log", ["Logo design"]),
            ("ogo", []),
            ("design", ["Logo design", "Poster design"]),
            ("design logo", ["Logo design"]),
            ("design, logo!", ["Logo design"]),
            ("design nairobi", ["Poster design"]),
            ("logo translation", []),
            ("ịgbò", ["Translation"]),
            ("lang", ["Translation"]),
            ("logo | poster", []),
            ("ux", ["UI/UX in Node.js"]),
            ("ui/ux", ["UI/UX in Node.js"]),
            ("node.js", ["UI/UX in Node.js"]),
            ("js", ["UI/UX in Node.js"]),
            ("e-commerce", ["UI/UX in Node.js"]),
            ("commerce", ["UI/UX in Node.js"]),
            ("27", ["UI/UX in Node.js"]),
            ("+27", ["UI/UX in Node.js"]),
            ("bold", ["UI/UX in Node.js"]),
            ("anna_b@azora.world", ["UI/UX in Node.js"]),
            ("!logo", ["Logo design"]),
            ("logo:*", ["Logo design"]),
            ("'logo' & design", ["Logo design"]),
        ],
    )
    async def test_finds_rows_that_have_every_word_or_one_that_begins_so(
        self, services, found, typed, names
    ):
        assert await found(typed) == names

    @pytest.mark.parametrize("typed", ["", "   ", "!?", "&|!()", "___", "\n"])
    async def test_filters_nothing_when_no_word_was_typed(self, services, found, typed):
        assert search_query(typed) is None
        assert await found(typed) == [
            "Logo design",
            "Poster design",
            "Translation",
            "UI/UX in Node.js",
        ]

    async def test_reads_only_the_first_words(self, services, found):
        typed = "logo " * WORDS_MAX + "poster"

        assert await found(typed) == ["Logo design"]

    async def test_reads_only_the_beginning_of_a_long_text(self, services, found):
        typed = "logo" + " " * LENGTH_MAX + "poster"

        assert await found(typed) == ["Logo design"]

    @READING
    @given(typed=TYPED | OPERATORS)
    async def test_takes_whatever_people_type(self, services, found, typed):
        names = await found(typed)

        assert set(names) <= {"Logo design", "Poster design", "Translation", "UI/UX in Node.js"}


class TestTypingErrors:
    @pytest.mark.parametrize(
        ("typed", "names"),
        [
            ("desing", ["Logo design", "Poster design"]),
            ("translaton", ["Translation"]),
            ("postre design", ["Poster design"]),
            ("nairoby", ["Poster design"]),
            ("desing translaton", []),
            ("de", ["Logo design", "Poster design"]),
            ("zzzzzz", []),
            ("xy", []),
        ],
    )
    async def test_mean_the_words_most_like_them(self, services, found, typed, names):
        assert await found(typed) == names

    async def test_learn_the_words_of_a_change(self, services, found, make, stores):
        service = await make.service(await make.user(), name="Carpentry")
        assert await found("carpetry") == ["Carpentry"]

        async with stores.database.transaction() as session:
            changed = await session.get_one(Service, service.id)
            changed.name = "Upholstery"

        assert await found("carpetry") == []
        assert await found("upholstry") == ["Upholstery"]


class TestRelevance:
    async def test_counts_names_more_than_categories_and_descriptions(self, ranked, make):
        provider = await make.user()
        for name, category, description in (
            ("Cards", "Printing", "With a logo."),
            ("Stickers", "Logo", "In all colours."),
            ("Logo", "Printing", "For your shop."),
        ):
            await make.service(provider, name=name, category=category, description=description)

        assert await ranked("logo") == ["Logo", "Stickers", "Cards"]

    async def test_has_pages_that_continue_where_the_one_before_ended(self, context, make):
        provider = await make.user()
        for number in range(7):
            await make.service(provider, name=f"Logo {'logo ' * (number % 3)}{number}")
        wanted = ServiceFilter(search="logo")
        whole = await services_page(context, Page(), wanted, ServiceSort.RELEVANCE)

        rows, after = [], None
        while after is not None or not rows:
            page = await services_page(context, Page(first=2, after=after), wanted, None)
            rows += page.rows
            after = page.order.cursor(page.rows[-1]) if page.has_next else None

        assert [row.id for row in rows] == [row.id for row in whole.rows]
        assert len({row.relevance for row in rows}) == 3

    async def test_is_the_newest_first_where_nothing_is_searched_for(self, services, context):
        newest = await services_page(context, Page(), ServiceFilter(), ServiceSort.NEWEST)

        for sort in (None, ServiceSort.RELEVANCE):
            for wanted in (ServiceFilter(), ServiceFilter(search="!?")):
                found = await services_page(context, Page(), wanted, sort)
                assert [row.id for row in found.rows] == [row.id for row in newest.rows]
