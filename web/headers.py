"""Request headers as one mapping, and what several modules read from them."""

from starlette.types import Scope

Headers = dict[bytes, bytes]

FORWARDED_SCHEMES = {"ws": "http", "wss": "https"}
HARMLESS_FETCH_SITES = frozenset({b"same-origin", b"same-site", b"none"})


def headers_of(scope: Scope) -> Headers:
    """Lower-case names to values; a repeated header is one list (RFC 9110, section 5.3)."""
    headers: Headers = {}
    for name, value in scope["headers"]:
        if name in headers:
            separator = b"; " if name == b"cookie" else b", "
            headers[name] = headers[name] + separator + value
        else:
            headers[name] = value
    return headers


def is_trusted_origin(scope: Scope, headers: Headers, trusted: tuple[str, ...]) -> bool:
    """Whether no foreign page sent this: no `Origin`, the server's own, or a trusted one."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    text = origin.decode("latin-1")
    scheme = FORWARDED_SCHEMES.get(scope["scheme"], scope["scheme"])
    own = f"{scheme}://{headers.get(b'host', b'').decode('latin-1')}"
    return text == own.lower() or text in trusted


def is_own_page(scope: Scope, headers: Headers, trusted: tuple[str, ...]) -> bool:
    """Whether a cookie of this request may be believed (`Origin` and Fetch Metadata)."""
    site = headers.get(b"sec-fetch-site")
    if site is not None and site not in HARMLESS_FETCH_SITES:
        return False
    return is_trusted_origin(scope, headers, trusted)
