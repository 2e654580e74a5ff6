"""People and the platform's figures, through the graph."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.ids import encode_id, new_id
from models.tables import Role, User
from services.auth.viewer import Viewer
from tests.subgraphs.refusals import GONE
from tests.subgraphs.world import shown_time

PUBLIC = "id handle fullName countryCode language avatarUrl roles createdAt"


def user_id(user):
    return encode_id("usr", user.id)


def names(result):
    """The names of the people on a page of `users`."""
    return [person["fullName"] for person in result.data["users"]["nodes"]]


class TestMe:
    async def test_is_null_for_anonymous_requests(self, ask):
        result = await ask("{ me { id } }")

        assert result.body() == {"data": {"me": None}}

    async def test_shows_private_fields_to_their_owner(self, ask, make):
        user = await make.user()

        result = await ask("{ me { fullName email timeZone azrBalance } }", make.viewer(user))

        assert result.body() == {
            "data": {
                "me": {
                    "fullName": user.full_name,
                    "email": user.email,
                    "timeZone": "Africa/Johannesburg",
                    "azrBalance": "0.00000000",
                }
            }
        }

    async def test_is_null_for_an_account_that_is_gone(self, ask):
        result = await ask("{ me { id } }", GONE)

        assert result.body() == {"data": {"me": None}}


class TestUser:
    async def test_has_the_fields_of_all_five_subgraphs(self, ask, make, world):
        document = f"""query ($id: ID!) {{
          user(id: $id) {{
            {PUBLIC} email timeZone preferences updatedAt
            azrBalance transactions {{ totalCount nodes {{ id amount }} }}
            listings(state: PUBLISHED) {{ totalCount nodes {{ id }} }} rating
            enrolments {{ totalCount nodes {{ id }} }} certificatesCount
            conversations {{ totalCount nodes {{ id }} }}
            aiUsage {{ tokensUsed freeTokens freeTokensLeft }}
          }}
        }}"""

        result = await ask(document, world.viewers["owner"], id=world.ids["owner"])

        assert result.body() == {
            "data": {
                "user": {
                    "id": world.ids["owner"],
                    "handle": world.owner.handle,
                    "fullName": world.owner.full_name,
                    "countryCode": "ZA",
                    "language": "en",
                    "avatarUrl": None,
                    "roles": ["LEARNER"],
                    "createdAt": shown_time(world.owner.created_at),
                    "email": world.owner.email,
                    "timeZone": "Africa/Johannesburg",
                    "preferences": {"theme": "dark"},
                    "updatedAt": shown_time(world.owner.updated_at),
                    "azrBalance": "12.50000000",
                    "transactions": {
                        "totalCount": 1,
                        "nodes": [{"id": world.ids["transaction"], "amount": "5.00000000"}],
                    },
                    "listings": {"totalCount": 1, "nodes": [{"id": world.ids["service"]}]},
                    "rating": 4.0,
                    "enrolments": {"totalCount": 1, "nodes": [{"id": world.ids["enrolment"]}]},
                    "certificatesCount": 0,
                    "conversations": {
                        "totalCount": 1,
                        "nodes": [{"id": world.ids["conversation"]}],
                    },
                    "aiUsage": {"tokensUsed": 20, "freeTokens": 1000, "freeTokensLeft": 980},
                }
            }
        }

    async def test_may_lack_whatever_a_person_may_leave_open(self, ask, make, database):
        user = await make.user(full_name=None, handle=None)
        async with database.transaction() as session:
            (await session.get_one(User, user.id)).country_code = None

        result = await ask(f"query ($id: ID!) {{ user(id: $id) {{ {PUBLIC} }} }}", id=user_id(user))

        assert result.body() == {
            "data": {
                "user": {
                    "id": user_id(user),
                    "handle": None,
                    "fullName": None,
                    "countryCode": None,
                    "language": "en",
                    "avatarUrl": None,
                    "roles": ["LEARNER"],
                    "createdAt": shown_time(user.created_at),
                }
            }
        }

    async def test_shows_every_role(self, ask, make):
        user = await make.user(*(role for role in Role if role is not Role.LEARNER))

        result = await ask("query ($id: ID!) { user(id: $id) { roles } }", id=user_id(user))

        assert result.data["user"]["roles"] == [role.name for role in Role]

    async def test_is_null_when_nobody_has_the_id(self, ask):
        result = await ask(
            "query ($id: ID!) { user(id: $id) { id } }", id=encode_id("usr", new_id())
        )

        assert result.body() == {"data": {"user": None}}

    async def test_refuses_the_id_of_something_else(self, ask):
        id_ = encode_id("svc", new_id())

        result = await ask("query ($id: ID!) { user(id: $id) { id } }", id=id_)

        assert result.data == {"user": None}
        (error,) = result.errors
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert error["message"] == (
            f"'{id_}' is the id of a service. The id of a user begins with 'usr_'."
        )

    async def test_reads_people_through_the_cache(self, ask, make, statements):
        user = await make.user()
        document = "query ($id: ID!) { user(id: $id) { fullName createdAt roles } }"

        first = await ask(document, id=user_id(user))
        with statements.counting():
            second = await ask(document, id=user_id(user))

        assert statements.sql == []
        assert second.body() == first.body()


class TestUsers:
    async def test_lists_people_newest_first(self, ask, make):
        people = [await make.user() for _ in range(3)]

        result = await ask("{ users { totalCount nodes { id fullName } } }")

        assert result.body() == {
            "data": {
                "users": {
                    "totalCount": 3,
                    "nodes": [
                        {"id": user_id(person), "fullName": person.full_name}
                        for person in reversed(people)
                    ],
                }
            }
        }

    async def test_pages_in_both_directions(self, ask, make):
        for name in ("One", "Two", "Three", "Four", "Five"):
            await make.user(full_name=name)
        page = "nodes { fullName } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }"

        newest = await ask(f"{{ users(first: 2) {{ {page} }} }}")
        end = newest.data["users"]["pageInfo"]["endCursor"]
        older = await ask(
            f"query ($end: String) {{ users(first: 2, after: $end) {{ {page} }} }}", end=end
        )
        oldest = await ask(f"{{ users(last: 2) {{ {page} }} }}")

        assert names(newest) == ["Five", "Four"]
        assert names(older) == ["Three", "Two"]
        assert names(oldest) == ["Two", "One"]
        assert newest.data["users"]["pageInfo"]["hasNextPage"] is True
        assert older.data["users"]["pageInfo"]["hasPreviousPage"] is True
        assert oldest.data["users"]["pageInfo"]["hasNextPage"] is False

    @pytest.mark.parametrize("argument", ["first: 101", "last: 101", "first: -1", "last: -1"])
    async def test_takes_a_hundred_at_most(self, ask, argument):
        result = await ask(f"{{ users({argument}) {{ totalCount }} }}")

        assert result.data is None
        assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]

    async def test_filters_by_country(self, ask, make):
        await make.user(full_name="Ama", country_code="GH")
        await make.user(full_name="Wanjiru", country_code="KE")

        result = await ask(
            '{ users(filter: {countryCode: "KE"}) { totalCount nodes { fullName } } }'
        )

        assert result.data == {"users": {"totalCount": 1, "nodes": [{"fullName": "Wanjiru"}]}}

    async def test_filters_by_role(self, ask, make):
        await make.user(full_name="Learner")
        await make.user(Role.SELLER, full_name="Seller")
        await make.user(Role.SELLER, Role.INSTRUCTOR, full_name="Both")

        sellers = await ask("{ users(filter: {role: SELLER}) { nodes { fullName } } }")
        instructors = await ask("{ users(filter: {role: INSTRUCTOR}) { nodes { fullName } } }")
        learners = await ask("{ users(filter: {role: LEARNER}) { totalCount nodes { fullName } } }")

        assert names(sellers) == ["Both", "Seller"]
        assert names(instructors) == ["Both"]
        assert names(learners) == ["Both", "Seller", "Learner"]

    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("ama", ["Ama Mensah"]),
            ("MENS", ["Ama Mensah"]),
            ("ama mensah", ["Ama Mensah"]),
            ("mensah ama", ["Ama Mensah"]),
            ("Ám", []),
            ("maker", ["Ama Mensah"]),
            ("wan", ["Wanjiru Njoroge"]),
            ("wan mensah", []),
            ("n", ["Wanjiru Njoroge"]),
            ("", ["Wanjiru Njoroge", "Ama Mensah"]),
            ("  &|!():*'\\ ", ["Wanjiru Njoroge", "Ama Mensah"]),
            ("' OR 1=1 --", []),
        ],
    )
    async def test_searches_beginnings_of_words(self, ask, make, typed, expected):
        await make.user(full_name="Ama Mensah", handle="maker_of_things")
        await make.user(full_name="Wanjiru Njoroge", handle="wanjiru")

        result = await ask(
            "query ($typed: String) { users(filter: {search: $typed}) { nodes { fullName } } }",
            typed=typed,
        )

        assert result.errors is None
        assert names(result) == expected

    async def test_takes_null_for_no_filter(self, ask, make):
        await make.user(full_name="Ama")

        result = await ask(
            "{ users(filter: {countryCode: null, role: null, search: null}, first: null)"
            " { nodes { fullName } } }"
        )

        assert names(result) == ["Ama"]


class TestStats:
    async def test_counts_the_platform(self, ask, make, platform):
        user, other = await make.user(), await make.user()
        await make.service(user)
        await make.service(user, state="paused")
        await make.course(user)
        await make.course(user, is_published=False)
        await make.transaction(user, amount=Decimal("1.5"))
        await make.transaction(other, amount=Decimal("0.00000001"), type="sale")
        await platform.presence.mark("person-1")
        await platform.presence.mark("person-2")

        result = await ask("{ stats { users services courses azrMovedToday onlineNow } }")

        assert result.body() == {
            "data": {
                "stats": {
                    "users": 2,
                    "services": 1,
                    "courses": 1,
                    "azrMovedToday": "1.50000001",
                    "onlineNow": 2,
                }
            }
        }

    @pytest.mark.parametrize(
        "values",
        [
            {"type": "purchase"},
            {"type": "transfer_out"},
            {"type": "listing_fee"},
            {"type": "ai_usage"},
            {"status": "pending"},
            {"status": "failed"},
        ],
    )
    async def test_counts_what_came_in_and_is_completed(self, ask, make, values):
        await make.transaction(await make.user(), **values)

        result = await ask("{ stats { azrMovedToday } }")

        assert result.data == {"stats": {"azrMovedToday": "0.00000000"}}

    async def test_counts_from_midnight_in_utc(self, ask, make, platform, graph):
        midnight = datetime(2026, 11, 22, tzinfo=UTC)
        user = await make.user()
        await make.transaction(user, created_at=midnight - timedelta(milliseconds=1))
        await make.transaction(user, created_at=midnight, amount=Decimal(7))
        stores = replace(platform.stores, clock=lambda: midnight + timedelta(hours=23))
        context = replace(platform, stores=stores).context(
            viewer=Viewer.ANONYMOUS, request_id="test"
        )
        operation = graph.prepare("{ stats { azrMovedToday } }", operation_name=None, variables={})

        result = await graph.execute(operation, context)

        assert result.data == {"stats": {"azrMovedToday": "7.00000000"}}

    async def test_are_empty_at_first(self, ask):
        result = await ask("{ stats { users services courses azrMovedToday onlineNow } }")

        assert result.data["stats"] == {
            "users": 0,
            "services": 0,
            "courses": 0,
            "azrMovedToday": "0.00000000",
            "onlineNow": 0,
        }
