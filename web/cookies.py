"""The refresh token's cookie: who may hand one in, and how it is set and deleted (RFC 6265).

Access tokens never travel in cookies.
"""

from http.cookies import CookieError, SimpleCookie

from core.settings import Settings
from resolvers.context import CookieChange
from web.headers import Headers

PLAIN_NAME = "azr_rt"
# Browsers accept this prefix only with Secure, Path=/ and no Domain: no other host can plant it.
SECURE_NAME = f"__Host-{PLAIN_NAME}"


def cookie_name(settings: Settings) -> str:
    return SECURE_NAME if settings.has_secure_cookies else PLAIN_NAME


def cookie_value(headers: Headers, name: str) -> str | None:
    """The value of the cookie called `name`, if the request has one."""
    text = headers.get(b"cookie")
    if text is None:
        return None
    for item in text.decode("latin-1").split(";"):
        key, _, value = item.partition("=")
        if key.strip() == name:
            return value.strip() or None
    return None


def set_cookie(name: str, change: CookieChange, *, is_secure: bool) -> bytes:
    """The value of a `Set-Cookie` header; without a value the browser forgets the cookie."""
    cookie: SimpleCookie = SimpleCookie({name: change.value or ""})
    morsel = cookie[name]
    if change.value and morsel.coded_value != change.value:
        message = "a refresh token must not need quotes in a cookie"
        raise CookieError(message)
    morsel["max-age"] = str(change.max_age_seconds if change.value else 0)
    morsel["path"] = "/"
    morsel["httponly"] = True
    morsel["samesite"] = "Strict"
    morsel["secure"] = is_secure
    return morsel.OutputString().encode("ascii")
