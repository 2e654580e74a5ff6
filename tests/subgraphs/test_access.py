"""Who sees what: every field of the schema, asked by everyone who may and may not see it."""

import pytest

from models.tables import Role
from tests.subgraphs.audiences import (
    ADMINS,
    AUDIENCES,
    EVERYONE,
    OWNER,
    SHOWN_ELSEWHERE,
    SIGNED_IN,
    SUPPORT,
    fields_for,
    types_with_fields_for,
)
from tests.subgraphs.ways import (
    OPEN_WAYS_TO_USER,
    PRIVATE_WAYS_TO_USER,
    WAYS,
    asked,
    object_types,
)
from tests.subgraphs.world import found, shown_time

SUBSCRIBED = {"Subscription"}


def asked_types(audience):
    """The types with fields for an audience that queries and mutations lead to."""
    return [name for name in types_with_fields_for(audience) if name not in SUBSCRIBED]


PRIVATE_FIELDS = {
    "email": "email",
    "timeZone": "timeZone",
    "preferences": "preferences",
    "updatedAt": "updatedAt",
    "wallet": "wallet { balance statement { totalCount } }",
    "azrBalance": "azrBalance",
    "transactions": "transactions { nodes { id } }",
    "payments": "payments { nodes { id } }",
    "plan": "plan { state }",
    "listings": "listings(state: PUBLISHED) { nodes { id } }",
    "enrolments": "enrolments { nodes { id } }",
    "conversations": "conversations { nodes { id } }",
    "aiUsage": "aiUsage { tokensUsed }",
    "orders": "orders(role: SELLER, state: PAID) { nodes { id } }",
    "sales": "sales { reviewCount }",
}


def private_values(world):
    """What the owner and admins see in the private fields."""
    return {
        "email": world.owner.email,
        "timeZone": "Africa/Johannesburg",
        "preferences": {"theme": "dark"},
        "updatedAt": shown_time(world.owner.updated_at),
        "wallet": {"balance": "12.50000000", "statement": {"totalCount": 1}},
        "azrBalance": "12.50000000",
        "transactions": {"nodes": [{"id": world.ids["transaction"]}]},
        "payments": {"nodes": [{"id": world.ids["payment"]}]},
        "plan": {"state": "PAST_DUE"},
        "listings": {"nodes": [{"id": world.ids["service"]}]},
        "enrolments": {"nodes": [{"id": world.ids["enrolment"]}]},
        "conversations": {"nodes": [{"id": world.ids["conversation"]}]},
        "aiUsage": {"tokensUsed": 20},
        "orders": {"nodes": [{"id": world.ids["order"]}]},
        "sales": {"reviewCount": 2},
    }


async def answers(ask, world, way, viewer):
    """Each private field of the owner along `way`: its value, or the code of its only error."""
    told = {}
    for name, selection in PRIVATE_FIELDS.items():
        result = await ask(world.document(way, selection), world.viewers[viewer])
        if result.errors is None:
            (told[name],) = found(result.data, name) or [None]
        else:
            assert found(result.data, name) == [None]
            (error,) = result.errors
            told[name] = error["extensions"]["code"]
    return told


class TestAudiences:
    def test_are_stated_for_every_field_of_the_schema(self, graph):
        stated = {
            (name, field)
            for name, audiences in AUDIENCES.items()
            for fields in audiences.values()
            for field in fields.split()
        }

        assert stated == {
            (name, field)
            for name, type_ in object_types(graph.schema).items()
            for field in type_.fields
        }

    def test_are_stated_once_for_each_field(self):
        for audiences in AUDIENCES.values():
            stated = [field for fields in audiences.values() for field in fields.split()]

            assert len(stated) == len(set(stated))

    def test_have_a_way_to_every_type(self, graph):
        assert set(object_types(graph.schema)) == set(WAYS) | SHOWN_ELSEWHERE | SUBSCRIBED

    def test_name_the_private_fields_that_the_matrix_asks(self):
        assert fields_for("User", OWNER) == list(PRIVATE_FIELDS)


class TestEveryone:
    @pytest.mark.parametrize("type_name", asked_types(EVERYONE))
    async def test_sees_the_fields_for_everyone(self, ask, graph, world, type_name):
        type_ = graph.schema.type_map[type_name]
        fields = fields_for(type_name, EVERYONE)
        selection = " ".join(asked(type_, field) for field in fields)

        result = await ask(world.document(WAYS[type_name], selection % world.ids))

        assert result.errors is None
        assert [field for field in fields if not found(result.data, field)] == []


class TestPeopleWhoAreSignedIn:
    @pytest.mark.parametrize("type_name", asked_types(SIGNED_IN))
    async def test_alone_come_to_the_fields_for_them(self, ask, graph, make, world, type_name):
        type_ = graph.schema.type_map[type_name]
        before = await make.contents()

        for field in fields_for(type_name, SIGNED_IN):
            selection = asked(type_, field) % world.ids
            result = await ask(world.document(WAYS[type_name], selection))

            assert [error["extensions"]["code"] for error in result.errors] == ["UNAUTHENTICATED"]
            assert [value for value in (result.data or {}).values() if value is not None] == []
        assert await make.contents() == before

    @pytest.mark.parametrize("type_name", asked_types(SIGNED_IN))
    async def test_see_them(self, ask, graph, world, type_name):
        type_ = graph.schema.type_map[type_name]
        fields = fields_for(type_name, SIGNED_IN)
        selection = " ".join(asked(type_, field) for field in fields) % world.ids

        result = await ask(world.document(WAYS[type_name], selection), world.viewers["owner"])

        assert result.errors is None
        assert [field for field in fields if not found(result.data, field)] == []


class TestOwners:
    @pytest.mark.parametrize("viewer", ["anonymous", "stranger"])
    @pytest.mark.parametrize("type_name", types_with_fields_for(OWNER))
    async def test_hide_their_fields_from_others(self, ask, graph, world, type_name, viewer):
        type_ = graph.schema.type_map[type_name]

        for field in fields_for(type_name, OWNER):
            document = world.document(WAYS[type_name], asked(type_, field))
            result = await ask(document, world.viewers[viewer])

            assert [value for value in found(result.data, field) if value is not None] == []

    @pytest.mark.parametrize("viewer", ["owner", "admin"])
    @pytest.mark.parametrize("type_name", types_with_fields_for(OWNER))
    async def test_and_admins_see_their_fields(self, ask, graph, world, type_name, viewer):
        type_ = graph.schema.type_map[type_name]
        fields = fields_for(type_name, OWNER)
        selection = " ".join(asked(type_, field) for field in fields)

        result = await ask(world.document(WAYS[type_name], selection), world.viewers[viewer])

        assert result.errors is None
        assert [field for field in fields if not found(result.data, field)] == []


class TestAdmins:
    @pytest.mark.parametrize("viewer", ["anonymous", "owner"])
    @pytest.mark.parametrize("type_name", asked_types(ADMINS))
    async def test_alone_come_to_the_fields_for_them(
        self, ask, graph, make, world, type_name, viewer
    ):
        type_ = graph.schema.type_map[type_name]
        before = await make.contents()

        for field in fields_for(type_name, ADMINS):
            selection = asked(type_, field) % world.ids
            result = await ask(world.document(WAYS[type_name], selection), world.viewers[viewer])

            assert [value for value in found(result.data, field) if value is not None] == []
        assert await make.contents() == before

    @pytest.mark.parametrize("type_name", asked_types(ADMINS))
    async def test_see_them(self, ask, graph, world, type_name):
        type_ = graph.schema.type_map[type_name]
        fields = fields_for(type_name, ADMINS)
        selection = " ".join(asked(type_, field) for field in fields) % world.ids

        result = await ask(world.document(WAYS[type_name], selection), world.viewers["admin"])

        assert result.errors is None
        assert [field for field in fields if not found(result.data, field)] == []


class TestSupport:
    @pytest.mark.parametrize("viewer", ["anonymous", "owner", "admin", "support"])
    @pytest.mark.parametrize("type_name", asked_types(SUPPORT))
    async def test_and_admins_alone_come_to_the_fields_for_them(
        self, ask, graph, make, world, type_name, viewer
    ):
        type_ = graph.schema.type_map[type_name]
        viewers = {**world.viewers, "support": make.viewer(await make.user(Role.SUPPORT))}

        for field in fields_for(type_name, SUPPORT):
            selection = asked(type_, field) % world.ids
            result = await ask(world.document(WAYS[type_name], selection), viewers[viewer])

            is_shown = [value is not None for value in found(result.data, field)]
            assert is_shown == [viewer in {"admin", "support"}]


class TestPrivateFieldsOfPeople:
    @pytest.mark.parametrize("way", OPEN_WAYS_TO_USER)
    async def test_need_a_sign_in(self, ask, world, way):
        told = await answers(ask, world, OPEN_WAYS_TO_USER[way], "anonymous")

        assert told == dict.fromkeys(PRIVATE_FIELDS, "UNAUTHENTICATED")

    @pytest.mark.parametrize("way", OPEN_WAYS_TO_USER)
    async def test_are_forbidden_to_other_people(self, ask, world, way):
        told = await answers(ask, world, OPEN_WAYS_TO_USER[way], "stranger")

        assert told == dict.fromkeys(PRIVATE_FIELDS, "FORBIDDEN")

    @pytest.mark.parametrize("viewer", ["owner", "admin"])
    @pytest.mark.parametrize("way", OPEN_WAYS_TO_USER)
    async def test_are_told_to_their_owner_and_to_admins(self, ask, world, way, viewer):
        told = await answers(ask, world, OPEN_WAYS_TO_USER[way], viewer)

        assert told == private_values(world)

    @pytest.mark.parametrize("viewer", ["anonymous", "stranger"])
    @pytest.mark.parametrize("way", PRIVATE_WAYS_TO_USER)
    async def test_are_not_reached_through_private_things(self, ask, world, way, viewer):
        told = await answers(ask, world, PRIVATE_WAYS_TO_USER[way], viewer)

        assert told == dict.fromkeys(PRIVATE_FIELDS)

    @pytest.mark.parametrize("viewer", ["owner", "admin"])
    @pytest.mark.parametrize("way", PRIVATE_WAYS_TO_USER)
    async def test_are_told_through_private_things_too(self, ask, world, way, viewer):
        told = await answers(ask, world, PRIVATE_WAYS_TO_USER[way], viewer)

        assert told == private_values(world)
