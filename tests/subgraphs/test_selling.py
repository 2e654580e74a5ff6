"""Offering and changing services through the graph."""

from decimal import Decimal

import pytest

from core.ids import encode_id, new_id
from models.tables import Role
from services.auth.viewer import Viewer
from tests.subgraphs.refusals import GONE, REFUSAL, codes

SERVICE = "id name category description priceAzr isActive state averageRating reviewCount"
CREATE = f"""mutation ($input: CreateServiceInput!) {{ createService(input: $input) {{
    __typename
    ... on CreateServicePayload {{ service {{ {SERVICE} provider {{ id roles }} }} }}
    {REFUSAL}
}} }}"""
UPDATE = f"""mutation ($input: UpdateServiceInput!) {{ updateService(input: $input) {{
    __typename
    ... on UpdateServicePayload {{ service {{ {SERVICE} }} }}
    {REFUSAL}
}} }}"""


def offer(**values):
    return {
        "name": "Logo",
        "category": "Design",
        "description": "Three drafts.",
        "priceAzr": "12.5",
        **values,
    }


def service_id(service):
    return encode_id("svc", service.id)


class TestCreateService:
    async def test_answers_with_the_service_and_a_seller(self, ask, make):
        user = await make.user()

        result = await ask(CREATE, make.viewer(user), input=offer(name=" Logo "))

        payload = result.data["createService"]
        assert payload["service"].pop("id").startswith("svc_")
        assert result.errors is None
        assert payload == {
            "__typename": "CreateServicePayload",
            "service": {
                "name": "Logo",
                "category": "Design",
                "description": "Three drafts.",
                "priceAzr": "12.50000000",
                "isActive": False,
                "state": "DRAFT",
                "averageRating": None,
                "reviewCount": 0,
                "provider": {
                    "id": encode_id("usr", user.id),
                    "roles": ["LEARNER", "SELLER"],
                },
            },
        }

    async def test_lists_every_fault_and_changes_nothing(self, ask, make):
        user = await make.user()
        before = await make.contents()

        result = await ask(CREATE, make.viewer(user), input=offer(name="", priceAzr="0.0000001"))

        name = "`name` must have 1 to 255 characters."
        price = "`priceAzr` must have at most 6 decimals."
        assert result.body() == {
            "data": {
                "createService": {
                    "__typename": "InvalidInputError",
                    "code": "INVALID_INPUT",
                    "message": name,
                    "field": ["input", "name"],
                    "faults": [
                        {"field": "name", "message": name},
                        {"field": "priceAzr", "message": price},
                    ],
                }
            }
        }
        assert await make.contents() == before

    @pytest.mark.parametrize(
        "values",
        [
            {"priceAzr": 1},
            {"priceAzr": 1.5},
            {"priceAzr": "-1"},
            {"priceAzr": "NaN"},
            {"priceAzr": "1e3"},
            {"priceAzr": "12345678901"},
            {"priceAzr": "1.123456789"},
            {"priceAzr": None},
            {"name": None},
            {"name": "Logo\x00"},
            {"providerId": "usr_1"},
        ],
    )
    async def test_refuses_what_does_not_fit_the_schema_and_changes_nothing(
        self, ask, make, values
    ):
        user = await make.user()
        before = await make.contents()

        assert await codes(ask, CREATE, make.viewer(user), input=offer(**values)) == {
            "BAD_USER_INPUT"
        }
        assert await make.contents() == before

    @pytest.mark.parametrize("viewer", [Viewer.ANONYMOUS, GONE])
    async def test_needs_an_account_and_changes_nothing(self, ask, make, viewer):
        await make.user()
        before = await make.contents()

        assert await codes(ask, CREATE, viewer, input=offer()) == {"UNAUTHENTICATED"}
        assert await make.contents() == before


class TestUpdateService:
    async def test_answers_with_the_changed_service(self, ask, make):
        user = await make.user()
        service = await make.service(user, price_azr=Decimal(3))

        result = await ask(
            UPDATE,
            make.viewer(user),
            input={"id": service_id(service), "name": "Banner"},
        )

        assert result.body() == {
            "data": {
                "updateService": {
                    "__typename": "UpdateServicePayload",
                    "service": {
                        "id": service_id(service),
                        "name": "Banner",
                        "category": "Design",
                        "description": "A sentence about it.",
                        "priceAzr": "3.00000000",
                        "isActive": True,
                        "state": "PUBLISHED",
                        "averageRating": None,
                        "reviewCount": 0,
                    },
                }
            }
        }

    async def test_lets_admins_mend_a_service(self, ask, make):
        service, admin = await make.service(await make.user()), await make.user(Role.ADMIN)

        result = await ask(
            UPDATE, make.viewer(admin), input={"id": service_id(service), "name": "Mended"}
        )

        assert result.data["updateService"]["service"]["name"] == "Mended"

    async def test_refuses_the_service_of_somebody_else_and_changes_nothing(self, ask, make):
        service, stranger = await make.service(await make.user()), await make.user(Role.SELLER)
        before = await make.contents()

        result = await ask(
            UPDATE, make.viewer(stranger), input={"id": service_id(service), "name": "Mine"}
        )

        assert result.body() == {
            "data": {
                "updateService": {
                    "__typename": "NotTheProviderError",
                    "code": "NOT_THE_PROVIDER",
                    "message": "Only the person who offers a service may change it.",
                    "field": None,
                }
            }
        }
        assert await make.contents() == before

    async def test_refuses_a_service_that_is_not_there(self, ask, make):
        viewer = make.viewer(await make.user())

        result = await ask(UPDATE, viewer, input={"id": encode_id("svc", new_id()), "name": "A"})

        assert result.body() == {
            "data": {
                "updateService": {
                    "__typename": "ServiceNotFoundError",
                    "code": "SERVICE_NOT_FOUND",
                    "message": "There is no such service.",
                    "field": ["input", "id"],
                }
            }
        }

    async def test_lists_every_fault_and_changes_nothing(self, ask, make):
        user = await make.user()
        service = await make.service(user)
        before = await make.contents()

        result = await ask(
            UPDATE,
            make.viewer(user),
            input={"id": service_id(service), "name": None, "priceAzr": None, "category": "?"},
        )

        assert result.data["updateService"]["faults"] == [
            {
                "field": "name",
                "message": "`name` cannot be empty. Leave it out to keep its value.",
            },
            {
                "field": "priceAzr",
                "message": "`priceAzr` must be above 0 and at most 1000000.",
            },
            {
                "field": "category",
                "message": (
                    "`category` must be a name that the query `categories` lists, exactly as there."
                ),
            },
        ]
        assert await make.contents() == before

    async def test_refuses_the_id_of_something_else_and_changes_nothing(self, ask, make):
        user = await make.user()
        before = await make.contents()

        for id_ in (encode_id("usr", user.id), "nonsense", ""):
            found = await codes(ask, UPDATE, make.viewer(user), input={"id": id_, "name": "A"})

            assert found == {"BAD_USER_INPUT"}
        assert await make.contents() == before

    async def test_needs_a_sign_in_and_changes_nothing(self, ask, make):
        service = await make.service(await make.user())
        before = await make.contents()

        found = await codes(ask, UPDATE, input={"id": service_id(service), "name": "Mine"})

        assert found == {"UNAUTHENTICATED"}
        assert await make.contents() == before
