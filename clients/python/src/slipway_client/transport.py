"""HTTP calls, with Python's standard library."""
from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional

from .errors import ApiError, EnvironmentError, error_class

TIMEOUT_SECONDS = 30
JSON = "application/json"


@dataclass(frozen=True)
class Transport:
    """A Slipway, and the caller's identity."""

    url: str
    key: str
    language: str = "zh-TW"
    """The language of messages: `zh-TW` or `en`."""
    user_id: str = ""
    guild_id: str = ""

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Optional[Mapping[str, str]] = None,
        accept: str = JSON,
    ) -> Any:
        """Returns the answer: decoded JSON, or text if `accept` is another type. Raises `ApiError`."""
        request = urllib.request.Request(
            self.url.rstrip("/") + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self._headers(accept, body is not None), **(headers or {})},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as refused:
            raise _error_of(refused) from None
        except OSError as error:
            raise EnvironmentError(
                f"Slipway at {self.url} can't be reached ({error})", hint="Start it, or check the address"
            ) from error
        return json.loads(text or "null") if accept == JSON else text

    def _headers(self, accept: str, has_body: bool) -> Dict[str, str]:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": accept, "Accept-Language": self.language}
        if self.user_id:
            headers.update({"X-User-Id": self.user_id, "X-Guild-Id": self.guild_id})
        if has_body:
            headers["Content-Type"] = JSON
        return headers


def _error_of(refused: urllib.error.HTTPError) -> ApiError:
    """Returns the error of a problem response (RFC 9457)."""
    text = refused.read().decode(errors="replace")
    try:
        problem: Dict[str, Any] = json.loads(text)
    except ValueError:
        problem = {"detail": text[:200]}  # not from Slipway, but from a proxy
    return error_class(problem.get("error"))(
        problem.get("detail") or str(refused.reason),
        code=problem.get("code", ""),
        status=refused.code,
        hint=problem.get("hint", ""),
        errors=problem.get("errors", ()),
        retry_after=float(refused.headers.get("Retry-After") or 0),
    )
