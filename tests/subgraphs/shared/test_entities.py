"""Entities that are at hand: found without a read, and never for those who may not see them."""

from uuid import uuid4

import pytest
import strawberry

from models.rows import Row
from resolvers.context import Context
from services.auth.viewer import Viewer
from subgraphs.shared.access import Audience
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.ids import Kind

LOADED, MISSING, UNKNOWN = uuid4(), uuid4(), uuid4()


class ThingRow(Row, frozen=True, eq=False, gc=False):
    id: object


async def things_by_id(context, ids):
    return [None if each == MISSING else ThingRow(each) for each in ids]


@pytest.fixture
async def context():
    """One that has loaded two keys, one of which names nothing."""
    context = Context(None, Viewer.ANONYMOUS, "test")
    await context.loader(things_by_id).load_all([LOADED, MISSING])
    return context


def declared(audience, found_by=things_by_id):
    @entity(Kind.ORDER, audience=audience, key="id", found_by=found_by)
    class Thing(Node):
        parent: strawberry.Private[ThingRow]

    return Thing


class TestKnown:
    async def test_are_what_entities_hold(self, context):
        (found,) = declared(Audience.EVERYONE).entity_key.known(context, [LOADED])

        assert found.id == LOADED

    @pytest.mark.parametrize("key", [MISSING, UNKNOWN])
    async def test_are_none_where_one_is_not_at_hand(self, context, key):
        assert declared(Audience.EVERYONE).entity_key.known(context, [LOADED, key]) is None

    @pytest.mark.parametrize("audience", [each for each in Audience if each != Audience.EVERYONE])
    async def test_are_none_where_not_everyone_may_see_them(self, context, audience):
        assert declared(audience).entity_key.known(context, [LOADED]) is None

    async def test_are_none_of_what_another_subgraph_vouches_for(self, context):
        assert declared(Audience.EVERYONE, None).entity_key.known(context, [LOADED]) is None
