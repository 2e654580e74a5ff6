"""Ids as clients see them: a wrong kind is a clear error, and garbage is one too."""

from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from core.errors import CodedError
from subgraphs.shared.ids import Kind, key_of, keys_or_none, kind_and_key, public_id

KEY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
USER_ID = "usr_01h455vb4pex5vsknk084sn02q"
GARBAGE = [
    "",
    "usr",
    "usr_",
    "01h455vb4pex5vsknk084sn02q",
    "abc_01h455vb4pex5vsknk084sn02q",
    "USR_01h455vb4pex5vsknk084sn02q",
    "usr_01H455VB4PEX5VSKNK084SN02Q",
    "usr_usr_01h455vb4pex5vsknk084sn02q",
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "VXNlcjox",
    "usr_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "' OR 1=1 --",
    "\x00",
    "\ud800",
    "u" * 100_000,
]


class TestPublicId:
    @given(kind=st.sampled_from(Kind), key=st.uuids(allow_nil=True))
    def test_leads_back_to_the_key_and_its_kind(self, kind, key):
        text = public_id(kind, key)

        assert kind_and_key(text) == (kind, key)
        assert key_of(kind, text) == key

    def test_begins_with_the_prefix_of_its_kind(self):
        found = {kind.name: public_id(kind, KEY).partition("_")[0] for kind in Kind}

        assert found == {
            "USER": "usr",
            "SERVICE": "svc",
            "REVIEW": "rev",
            "ORDER": "ord",
            "COURSE": "crs",
            "LESSON": "les",
            "ENROLMENT": "enr",
            "TRANSACTION": "txn",
            "ADJUSTMENT": "adj",
            "PAYMENT": "pay",
            "SHORTFALL": "sho",
            "CONVERSATION": "cnv",
            "MESSAGE": "msg",
        }


class TestKeyOf:
    def test_says_which_kind_it_found_and_which_it_needs(self):
        with pytest.raises(CodedError) as refusal:
            key_of(Kind.SERVICE, USER_ID)

        assert refusal.value.code == "BAD_USER_INPUT"
        assert refusal.value.message == (
            f"'{USER_ID}' is the id of a user. The id of a service begins with 'svc_'."
        )

    @pytest.mark.parametrize("text", GARBAGE)
    def test_refuses_garbage_and_repeats_little_of_it(self, text):
        with pytest.raises(CodedError) as refusal:
            key_of(Kind.USER, text)

        assert refusal.value.code == "BAD_USER_INPUT"
        assert refusal.value.message == (
            f"'{text[:40]}' is not an id. Ids look like 'usr_01jd5h8zq4e2g9w7k3m5n6p8rt':"
            " take them as the API gave them."
        )


class TestKeysOrNone:
    def test_has_the_key_of_each_id_of_the_kind_and_none_for_the_rest(self):
        texts = [USER_ID, public_id(Kind.SERVICE, KEY), "", None, 5, USER_ID]

        found = keys_or_none(Kind.USER, texts)

        assert found == [KEY, None, None, None, None, KEY]


class TestIdArguments:
    """Ids through the graph: arguments of root fields."""

    @pytest.mark.parametrize("text", [text for text in GARBAGE if text not in ("\x00", "\ud800")])
    async def test_are_refused_with_a_code_when_they_are_garbage(self, ask, text):
        result = await ask("query ($id: ID!) { service(id: $id) { id } }", id=text)

        assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]
        assert result.data == {"service": None}

    async def test_are_refused_with_a_code_when_they_are_of_another_kind(self, ask):
        result = await ask("query ($id: ID!) { service(id: $id) { id } }", id=USER_ID)

        assert result.errors[0]["message"] == (
            f"'{USER_ID}' is the id of a user. The id of a service begins with 'svc_'."
        )
        assert result.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}

    async def test_find_nothing_where_nothing_has_the_id(self, ask):
        text = public_id(Kind.SERVICE, KEY)

        result = await ask("query ($id: ID!) { service(id: $id) { id } }", id=text)

        assert result.body() == {"data": {"service": None}}
