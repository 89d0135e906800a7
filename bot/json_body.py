"""Read a request body without trusting its size."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from bot.errors import BadBody


async def read_json(request: Request, max_bytes: int) -> Any:
    """Return the parsed body; raise BadBody (413) once more than max_bytes came, or (400) when it is no JSON."""
    raw = await read_bytes(request, max_bytes)
    try:
        return json.loads(raw)
    except ValueError as exc:
        raise BadBody(400, "body: không phải JSON.") from exc


async def read_bytes(request: Request, max_bytes: int) -> bytes:
    """Return the body; raise BadBody (413) once more than max_bytes came."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > max_bytes:
            raise BadBody(413, "Tin dài quá. Mình gửi ngắn lại giúp em.")
    return raw
