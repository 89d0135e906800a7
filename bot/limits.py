"""How many messages the web chat and /api/ask take a minute, so that one person or program leaves room for the others."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

from aiolimiter import AsyncLimiter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot import sentences

_REMEMBERED = 10_000


class Allowance:
    """So many at once for each key, then evenly over the minute; per_minute 0: no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._used: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def take(self, key: str) -> int:
        """Use one and return 0, or use none and return in how many seconds there is one again."""
        if not self._per_minute:
            return 0
        limiter = self._used.pop(key, None) or AsyncLimiter(self._per_minute, 60)
        self._used[key] = limiter
        if len(self._used) > _REMEMBERED:
            self._used.popitem(last=False)
        if not limiter.has_capacity():
            return math.ceil(60 / self._per_minute)
        await limiter.acquire()
        return 0


class Limits:
    """What one conversation and one address may do; each process counts for itself."""

    def __init__(self, chat_per_minute: int, address_per_minute: int) -> None:
        self._chats = Allowance(chat_per_minute)
        self._addresses = Allowance(address_per_minute)

    async def refusal(self, request: Request, chat: str | None = None) -> Response | None:
        """Count a request and return None, or the 429 that says when to try again."""
        wait_s = await self._chats.take(chat) if chat else 0
        address = _address(request)
        if not wait_s and address:
            wait_s = await self._addresses.take(address)
        if not wait_s:
            return None
        body = {"error": sentences.TOO_FAST.format(seconds=wait_s), "hint": sentences.WEB_HINT}
        return JSONResponse(body, status_code=429, headers={"Retry-After": str(wait_s)})


def _address(request: Request) -> str:
    """Return what stands for the sender's line, empty for a program on this machine. A proxy's word was taken before."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_loopback:
        return ""
    # A home has a whole /64 of addresses.
    return str(ipaddress.ip_network(f"{host}/64", strict=False)) if address.version == 6 else host
