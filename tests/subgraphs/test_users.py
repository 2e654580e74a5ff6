"""People through the graph."""


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
