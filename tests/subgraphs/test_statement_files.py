"""Statements as files: links that the graph gives out, and what they lead to over HTTP."""

import csv
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import httpx2
import pytest
from pypdf import PdfReader

import web.files.documents
from core.ids import encode_id
from core.settings import read_settings
from models.tables import Role
from services.auth.access_tokens import LINK_LIFETIME
from tests.subgraphs.world import shown_time
from web.app import create_app
from web.files.spreadsheets import plain_text

FILE = """query ($month: String!, $format: StatementFormat!) { me { wallet {
    statementFile(month: $month, format: $format) { url name expiresAt } } } }"""
MONTH = "2026-10"
# The first and the last moment of the month in Nairobi, three hours before those in UTC.
BEGIN = datetime(2026, 9, 30, 21, tzinfo=UTC)
END = datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC)
NAMES = ["Zoë Ñandú", "فاطمة الزهراء", "አበበ ቢቂላ", "王小明"]


@pytest.fixture
async def owner(make):
    return await make.user(time_zone="Africa/Nairobi", full_name="Amara", handle="amara")


@pytest.fixture
def connected(graph, platform):
    """A client of the application, over a platform."""

    @asynccontextmanager
    async def opened(served=platform):
        settings = read_settings(data_folder="/nowhere", environment="development")
        app = create_app(settings, graph=graph, open_platform=None)
        app.state.runtime.opened = served
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://azora.test") as client:
            yield client

    return opened


@pytest.fixture
def linked(ask, make, owner):
    """The link to a statement of the owner."""

    async def run(format_="CSV", month=MONTH, viewer=None):
        result = await ask(FILE, viewer or make.viewer(owner), month=month, format=format_)
        assert result.errors is None
        return result.data["me"]["wallet"]["statementFile"]

    return run


@pytest.fixture
def download(connected, linked):
    """The response to the link that the graph gave out."""

    async def run(*arguments):
        link = await linked(*arguments)
        async with connected() as client:
            return await client.get(link["url"])

    return run


def rows_of(response):
    """The rows of a CSV file, by their headings."""
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response.content.count(b"\r\n") == response.content.count(b"\n")
    return list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"), newline="")))


class TestLinks:
    async def test_say_their_name_and_their_end(self, tell, make, owner, watch):
        result, _ = await tell(FILE, make.viewer(owner), month=MONTH, format="PDF")

        link = result.data["me"]["wallet"]["statementFile"]
        assert link["name"] == "azora-statement-2026-10.pdf"
        assert link["url"].startswith("/files/statements/azora-statement-2026-10.pdf?token=")
        assert link["expiresAt"] == shown_time(watch() + timedelta(minutes=5))

    @pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-1", "26-10", "2026-10-01", "x"])
    async def test_are_to_months(self, ask, make, owner, month):
        result = await ask(FILE, make.viewer(owner), month=month, format="CSV")

        assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]

    async def test_are_given_to_the_owner_and_admins(self, ask, make, connected, owner):
        document = """query ($id: ID!) { user(id: $id) { wallet {
            statementFile(month: "2026-10", format: CSV) { url } } } }"""
        await make.transaction(owner, created_at=BEGIN)
        id_ = encode_id("usr", owner.id)
        admin, stranger = await make.user(Role.ADMIN), await make.user()

        told = await ask(document, make.viewer(admin), id=id_)
        refused = await ask(document, make.viewer(stranger), id=id_)

        async with connected() as client:
            found = await client.get(told.data["user"]["wallet"]["statementFile"]["url"])
        assert len(rows_of(found)) == 1
        assert refused.data == {"user": {"wallet": None}}

    async def test_are_over_in_time_and_never_forged(
        self, connected, linked, platform, tokens, owner
    ):
        link = await linked()
        path, _, token = link["url"].partition("?token=")
        access_token, _ = tokens.issue(owner.id, owner.id, ["admin"])
        late_tokens = copy(tokens)
        late_tokens._clock = lambda: tokens._clock() + LINK_LIFETIME

        async with connected() as client:
            forged = [
                await client.get(f"{path}?token={each}")
                for each in ("", "x", access_token, token[:-4] + "AAAA")
            ]
            other_name = await client.get(f"/files/statements/other.csv?token={token}")
            as_bearer = await client.post(
                "/graphql",
                json={"query": "{ me { id } }"},
                headers={"Authorization": f"Bearer {token}"},
            )
        async with connected(replace(platform, tokens=late_tokens)) as client:
            late = await client.get(link["url"])

        assert [each.status_code for each in (*forged, late)] == [403] * 5
        assert late.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert other_name.status_code == 404
        assert as_bearer.status_code == 401


class TestCsv:
    async def test_has_the_months_movements_oldest_first(self, make, owner, download):
        other = await make.user(full_name="Kofi", handle="kofi")
        for moment in (BEGIN - timedelta(seconds=1), END + timedelta(seconds=1)):
            await make.transaction(owner, created_at=moment)
        await make.transaction(other, created_at=BEGIN)
        await make.transaction(
            owner,
            type="transfer_in",
            created_at=END,
            amount=Decimal("2.5"),
            balance_after=Decimal(3),
            counterparty_id=other.id,
            receipt_code="AZR-0000-0000-0001",
            memo='For "tea", and\tbread',
        )
        await make.transaction(owner, type="purchase", created_at=BEGIN, amount=Decimal(7))

        response = await download()

        assert response.status_code == 200
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert response.headers["content-disposition"] == (
            'attachment; filename="azora-statement-2026-10.csv"'
        )
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
        first, second = rows_of(response)
        assert (first["Time"], first["Paid out (AZR)"]) == (
            "2026-10-01T00:00:00+03:00",
            "7.00000000",
        )
        assert second == {
            "Time": "2026-10-31T23:59:59+03:00",
            "Receipt": "AZR-0000-0000-0001",
            "Type": "transfer_in",
            "Counterparty": "Kofi",
            "Handle": "kofi",
            "Memo": 'For "tea", and\tbread',
            "Paid in (AZR)": "2.50000000",
            "Paid out (AZR)": "",
            "Balance (AZR)": "3.00000000",
            "Status": "completed",
        }

    async def test_is_read_a_hundred_lines_at_a_time(self, make, owner, download, statements):
        for number in range(250):
            moment = BEGIN + timedelta(minutes=number)
            await make.transaction(owner, created_at=moment, amount=Decimal(number + 1))

        with statements.counting():
            rows = rows_of(await download())

        assert [row["Paid in (AZR)"] for row in rows] == [
            f"{each}.00000000" for each in range(1, 251)
        ]
        assert len([sql for sql in statements.sql if "FROM transactions" in sql]) == 3

    async def test_is_empty_in_a_month_without_movements(self, download):
        assert rows_of(await download("CSV", "2999-12")) == []

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "  =1", "＝1", "\n@x"])  # noqa: RUF001
    def test_computes_nothing(self, name):
        assert plain_text(name) == f"'{name}"

    async def test_computes_nothing_that_people_wrote(self, make, owner, download):
        other = await make.user(full_name='=HYPERLINK("http://x")')
        await make.transaction(
            owner, created_at=BEGIN, counterparty_id=other.id, memo="@SUM(A1:A9)"
        )

        (row,) = rows_of(await download())

        assert row["Counterparty"] == '\'=HYPERLINK("http://x")'
        assert row["Memo"] == "'@SUM(A1:A9)"


class TestPdf:
    async def test_has_the_months_movements_in_the_scripts_of_its_people(
        self, make, owner, download
    ):
        for number, name in enumerate(NAMES):
            other = await make.user(full_name=name, handle=f"person_of_{number}")
            await make.transaction(
                owner,
                created_at=BEGIN + timedelta(hours=number),
                counterparty_id=other.id,
                amount=Decimal(number + 1),
                memo="Thank you",
            )

        response = await download("PDF")

        assert response.headers["content-type"] == "application/pdf"
        (page,) = PdfReader(BytesIO(response.content)).pages
        text = page.extract_text()
        assert "Amara (@amara)" in text
        assert "Paid in 10.00000000, paid out 0.00000000" in text
        assert "Zoë Ñandú (@person_of_0)" in text
        assert "አበበ ቢቂላ" in text
        assert "@person_of_3" in text
        assert "王" not in text
        assert text.count("Thank you") == 4

    async def test_says_where_the_rest_is_when_there_is_much(
        self, make, owner, download, monkeypatch
    ):
        monkeypatch.setattr(web.files.documents, "LINES_MAX", 40)
        for number in range(60):
            await make.transaction(
                owner, created_at=BEGIN + timedelta(hours=number), memo="A line of its own"
            )

        reader = PdfReader(BytesIO((await download("PDF")).content))

        texts = [page.extract_text() for page in reader.pages]
        assert "Only the first 40 movements" in texts[0]
        assert sum(text.count("A line of its own") for text in texts) == 40
        assert all("Receipt" in text for text in texts)
        assert len(texts) == 2
