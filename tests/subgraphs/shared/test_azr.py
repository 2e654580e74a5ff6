"""The scalar `AZR`: text only, plain digits only, and never a digit lost."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from core.money import format_azr
from subgraphs.shared.scalars import AZR, SCALARS
from tests.malformed import MALFORMED_LITERALS, MALFORMED_TEXTS, MALFORMED_VALUES

FILTER = "query ($least: AZR) { services(filter: {priceMinAzr: $least}) { totalCount } }"
AMOUNTS = st.integers(0, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-8))


class TestAzr:
    @pytest.mark.parametrize("text", MALFORMED_TEXTS)
    async def test_refuses_malformed_texts_as_literals_and_as_variables(self, refusal_codes, text):
        literal = FILTER.replace("($least: AZR)", "").replace("$least", json.dumps(text))

        codes = [await refusal_codes(literal), await refusal_codes(FILTER, least=text)]

        assert codes == [{"GRAPHQL_VALIDATION_FAILED"}, {"BAD_USER_INPUT"}]

    @pytest.mark.parametrize("value", MALFORMED_VALUES)
    async def test_refuses_whatever_is_no_text_as_a_variable(self, refusal_codes, value):
        codes = await refusal_codes(FILTER, least=value)

        assert codes == {"BAD_USER_INPUT"}

    @pytest.mark.parametrize("literal", MALFORMED_LITERALS)
    async def test_refuses_whatever_is_no_text_as_a_literal(self, refusal_codes, literal):
        document = FILTER.replace("($least: AZR)", "").replace("$least", literal)

        codes = await refusal_codes(document)

        assert codes <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}

    async def test_refuses_malformed_amounts_of_commands_and_writes_nothing(self, ask, make):
        provider = await make.user()
        document = """
            mutation ($price: AZR!) {
                createService(
                    input: {name: "A", category: "B", description: "C", priceAzr: $price}
                ) { __typename }
            }
        """

        refused = await ask(document, make.viewer(provider), price="NaN")
        counted = await ask("{ services { totalCount } }")

        assert refused.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}
        assert counted.data == {"services": {"totalCount": 0}}

    @pytest.mark.parametrize(
        "text",
        ["0", "0.00000001", "1", "007", "12.5", "1000000.000001", "9999999999.99999999"],
    )
    async def test_comes_back_with_all_its_digits(self, ask, make, text):
        service = await make.service(await make.user(), price_azr=Decimal(text))

        result = await ask(
            """
            query ($price: AZR!) {
                services(filter: {priceMinAzr: $price, priceMaxAzr: $price}) {
                    nodes { priceAzr name }
                }
            }
            """,
            price=text,
        )

        shown = f"{Decimal(text):.8f}"
        assert result.data == {"services": {"nodes": [{"priceAzr": shown, "name": service.name}]}}

    @given(amount=AMOUNTS)
    def test_reads_what_it_writes(self, amount):
        scalar = SCALARS[AZR]

        text = scalar.serialize(amount)

        assert text == format_azr(amount)
        assert scalar.parse_value(text) == amount
