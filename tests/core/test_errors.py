"""Failures that clients may see: coded errors and refusals."""

from core.errors import CodedError, DomainError, StoreUnavailable


class TestCodedError:
    def test_is_bad_input_unless_it_says_otherwise(self):
        plain, forbidden = CodedError("No."), CodedError("No.", code="FORBIDDEN")

        assert (plain.message, plain.code) == ("No.", "BAD_USER_INPUT")
        assert forbidden.code == "FORBIDDEN"


class TestStoreUnavailable:
    def test_names_the_store_and_what_to_do(self):
        error = StoreUnavailable("Redis")

        assert (error.code, error.store) == ("SERVICE_UNAVAILABLE", "Redis")
        assert error.message == "Redis does not answer at the moment. Send the same request again."


class TestDomainError:
    def test_points_at_a_field_only_where_one_is_at_fault(self):
        general, specific = DomainError("No."), DomainError("No.", field=("input", "name"))

        assert (general.code, general.field) == ("REFUSED", None)
        assert specific.field == ("input", "name")
