"""Serves statements to whoever has a link that the graph gave out a moment ago."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from core.errors import CodedError, StoreUnavailable
from resolvers.context import Context
from resolvers.tokens.statements import (
    Line,
    Month,
    MonthlyStatement,
    StatementFormat,
    monthly_statement,
)
from services.auth.viewer import Viewer
from subgraphs.tokens.files import statement_name
from web.access_log import note_viewer
from web.files.spreadsheets import csv_chunks
from web.refusals import NOT_STORED, Refusal
from web.runtime import Runtime

# A document takes a second of one core.
DOCUMENTS_AT_ONCE_MAX = 1
MEDIA_TYPES = {
    StatementFormat.CSV: "text/csv; charset=utf-8",
    StatementFormat.PDF: "application/pdf",
}


class StatementFiles:
    """The endpoint `/files/statements/{name}`. Tokens are in the query, which no log has."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._documents = asyncio.Semaphore(DOCUMENTS_AT_ONCE_MAX)

    async def file(self, request: Request) -> Response:
        """The file, never kept by caches. Refuses (403) links that are over or not ours."""
        platform = self._runtime.platform
        try:
            user_id, claims = platform.tokens.read_link(request.query_params.get("token", ""))
            month, format_ = Month.of(claims["month"]), StatementFormat(claims["format"])
            viewer = Viewer(user_id=user_id)
            note_viewer(viewer)
            context = platform.context(viewer=viewer, request_id=request.scope["request_id"])
            statement = await monthly_statement(context, month)
            body = None if format_ is StatementFormat.CSV else await self._pdf(statement, context)
        except StoreUnavailable as error:
            raise Refusal(503, error.code, error.message) from None
        except CodedError as error:
            raise Refusal(403, error.code, error.message) from None
        name = statement_name(month, format_)
        if request.path_params["name"] != name:
            raise Refusal(404, "NOT_FOUND", "There is nothing at this address.")
        headers = {
            **NOT_STORED,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Type": MEDIA_TYPES[format_],
            "Referrer-Policy": "no-referrer",
        }
        if body is not None:
            return Response(body, headers=headers)
        return StreamingResponse(csv_chunks(statement, context), headers=headers)

    async def _pdf(self, statement: MonthlyStatement, context: Context) -> bytes:
        """The document, written in a thread so that others are served meanwhile."""
        from web.files.documents import LINES_MAX, pdf_of  # noqa: PLC0415  # slow to import

        lines: list[Line] = []
        async for page in statement.pages(context):
            lines += page
            if len(lines) > LINES_MAX:
                break
        async with self._documents:
            return await asyncio.to_thread(
                pdf_of, statement, lines[:LINES_MAX], is_cut=len(lines) > LINES_MAX
            )
