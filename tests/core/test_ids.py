"""Ids: UUIDv7 inside, the TypeID form outside."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from random import Random
from uuid import RFC_4122, UUID

import pytest
from hypothesis import example, given, strategies as st

from core.ids import InvalidId, decode_id, encode_id, id_at, new_id

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The latest time that the 48 bits of a UUIDv7 and Python's calendar can both hold.
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
# From the TypeID specification 0.3, `spec/valid.yml`.
PUBLISHED = {
    "prefix_00000000000000000000000000": UUID("00000000-0000-0000-0000-000000000000"),
    "prefix_00000000000000000000000001": UUID("00000000-0000-0000-0000-000000000001"),
    "prefix_0000000000000000000000000a": UUID("00000000-0000-0000-0000-00000000000a"),
    "prefix_0000000000000000000000000g": UUID("00000000-0000-0000-0000-000000000010"),
    "prefix_00000000000000000000000010": UUID("00000000-0000-0000-0000-000000000020"),
    "prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz": UUID("ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "prefix_0123456789abcdefghjkmnpqrs": UUID("0110c853-1d09-52d8-d73e-1194e95b5f19"),
    "prefix_01h455vb4pex5vsknk084sn02q": UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
}


class TestEncodeId:
    @pytest.mark.parametrize(("text", "key"), PUBLISHED.items())
    def test_agrees_with_the_published_vectors(self, text, key):
        found = encode_id("prefix", key)

        assert found == text

    @given(key=st.uuids(allow_nil=True), prefix=st.sampled_from(["usr", "svc", "a_b"]))
    def test_is_undone_by_decoding(self, key, prefix):
        text = encode_id(prefix, key)

        assert decode_id(text) == (prefix, key)

    @given(keys=st.lists(st.uuids(allow_nil=True), min_size=2, max_size=20))
    def test_keeps_the_order_of_the_keys(self, keys):
        texts = [encode_id("usr", key) for key in keys]

        assert sorted(texts) == [encode_id("usr", key) for key in sorted(keys)]


class TestDecodeId:
    @pytest.mark.parametrize(("text", "key"), PUBLISHED.items())
    def test_agrees_with_the_published_vectors(self, text, key):
        found = decode_id(text)

        assert found == ("prefix", key)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "_",
            "usr",
            "usr_",
            "01h455vb4pex5vsknk084sn02q",
            "_01h455vb4pex5vsknk084sn02q",
            "usr_01h455vb4pex5vsknk084sn02",
            "usr_01h455vb4pex5vsknk084sn02q0",
            "usr-01h455vb4pex5vsknk084sn02q",
            "usr_01H455VB4PEX5VSKNK084SN02Q",
            "usr_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "usr_01h455vb4pex5vsknk084sn02i",
            "usr_01h455vb4pex5vsknk084sn02l",
            "usr_01h455vb4pex5vsknk084sn02o",
            "usr_01h455vb4pex5vsknk084sn02u",
            "usr_01h455vb4pex5vsknk084sn02\n",
            "usr_01h455vb4pex5vsknk084sn02q\n",
            " usr_01h455vb4pex5vsknk084sn02q ",
            "usr_01890a5d-ac96-774b-bcce-b302",
            "usr_\u0660\u0661h455vb4pex5vsknk084sn02q",
            "usr_\uff101h455vb4pex5vsknk084sn02q",
            "usr_" + "0" * 100_000,
        ],
    )
    def test_refuses_what_no_id_looks_like(self, text):
        with pytest.raises(InvalidId):
            decode_id(text)

    @given(text=st.text() | st.text(ALPHABET + "_ilou-", min_size=24, max_size=32))
    @example("usr_zzzzzzzzzzzzzzzzzzzzzzzzzz")
    def test_accepts_only_texts_that_encoding_makes(self, text):
        try:
            prefix, key = decode_id(text)
        except InvalidId:
            return

        assert encode_id(prefix, key) == text


class TestNewId:
    def test_is_a_uuid_of_version_7(self):
        key = new_id()

        assert key.version == 7
        assert key.variant == RFC_4122

    def test_sorts_after_the_earlier_ones(self):
        keys = [new_id() for _ in range(2000)]

        assert keys == sorted(set(keys))


class TestIdAt:
    @given(moment=MOMENTS, random=st.randoms())
    def test_is_a_uuid_of_version_7_of_the_given_millisecond(self, moment, random):
        key = id_at(moment, random)

        assert key.version == 7
        assert key.variant == RFC_4122
        assert key.int >> 80 == (moment - EPOCH) // timedelta(milliseconds=1)

    def test_takes_its_other_bits_from_the_given_source(self):
        moment = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)

        keys = [id_at(moment, Random(seed)) for seed in (1, 1, 2)]  # noqa: S311

        assert keys[0] == keys[1] != keys[2]

    def test_fills_every_bit_that_the_version_leaves_free(self):
        moment = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)
        random = Random(7)  # noqa: S311

        found = [id_at(moment, random).int for _ in range(200)]

        ones = reduce(or_, found)
        zeros = reduce(or_, [~number for number in found])
        assert ones & zeros == (0xFFF << 64) | ((1 << 62) - 1)
