"""Reads a request's body: bounded in bytes and in time, whatever the client announces."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from web.headers import Headers
from web.refusals import Refusal

BODY_SECONDS_MAX = 10.0
LENGTH_DIGITS_MAX = 19


def require_identity(headers: Headers) -> None:
    """Refuse (415) a compressed body."""
    encoding = headers.get(b"content-encoding", b"identity")
    if encoding.strip().lower() != b"identity":
        message = "Send the body as it is, without `Content-Encoding`."
        raise Refusal(
            415, "UNSUPPORTED_MEDIA_TYPE", message, headers={"Accept-Encoding": "identity"}
        )


async def read_body(receive: Receive, headers: Headers, *, bytes_max: int) -> bytes:
    """The whole body. Refuses compressed (415), too large (413) and too slow (408) ones.

    Raises ClientDisconnect when the client left.
    """
    require_identity(headers)
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length[:LENGTH_DIGITS_MAX]) > bytes_max:
        raise _too_large(bytes_max)
    chunk, has_more = await _next_chunk(receive)
    if len(chunk) > bytes_max:
        raise _too_large(bytes_max)
    if not has_more:
        return chunk
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            return await _read_rest(receive, chunk, bytes_max)
    except TimeoutError:
        message = f"The body did not arrive within {BODY_SECONDS_MAX:g} seconds."
        raise Refusal(408, "REQUEST_TIMEOUT", message, headers={"Connection": "close"}) from None


async def _read_rest(receive: Receive, first: bytes, bytes_max: int) -> bytes:
    body = bytearray(first)
    has_more = True
    while has_more:
        chunk, has_more = await _next_chunk(receive)
        body += chunk
        if len(body) > bytes_max:
            raise _too_large(bytes_max)
    return bytes(body)


async def _next_chunk(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


def _too_large(bytes_max: int) -> Refusal:
    message = f"The body is larger than {bytes_max} bytes. Send less at once."
    return Refusal(413, "PAYLOAD_TOO_LARGE", message)
