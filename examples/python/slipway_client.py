"""A small client of Slipway's API for bots: Python's standard library alone, 3.9 and later.

    api = get_deployment_api()
    started = await api.start_deployment(DeploymentRequest(mode="auto", config={"service": "roas-bot", ...}))
    status = await api.get_deployment_status(started.deployment_id)
    print(status["status"])

A start answers with attributes, everything else with the JSON of the API (docs/reference/api.md) as it is.
"""
from __future__ import annotations

import asyncio
import json
import os
import pathlib
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass, field
from types import SimpleNamespace
from typing import Any, AsyncIterator, Optional

ENDED = ("completed", "failed", "cancelled")


class ApiError(Exception):
    """What the API refused, or how a deployment ended: one sentence, and what to do about it."""

    def __init__(self, message: str, *, code: str = "", status: int = 0, hint: str = "", errors: Any = (), retry_after: float = 0):
        super().__init__(message)
        self.code = code  # such as "concurrency_limit" (docs/reference/api.md#errors)
        self.status = status  # of HTTP; 0 for a deployment that ended so
        self.hint = hint
        self.errors = list(errors)  # each wrong field: {"path", "message"}
        self.retry_after = retry_after  # seconds


class DeploymentError(ApiError):
    """Something is wrong with this request or deployment."""


class EnvironmentError(ApiError):  # noqa: A001 - its name is that of the API's own field
    """The host lacks something, or can't be reached."""


class PermissionError(ApiError):  # noqa: A001
    """The key, or the user it calls for, may not do that."""


ERRORS = {error.__name__: error for error in (DeploymentError, EnvironmentError, PermissionError)}


@dataclass
class DeploymentRequest:
    """A start request; what is left out keeps the API's default."""

    mode: str = "auto"
    environment: str = "dev"
    timeout: int = 300
    force_rebuild: bool = False
    skip_health_check: bool = False
    callback_url: Optional[str] = None
    config: dict = field(default_factory=dict)
    metadata: dict = field(default_factory=dict)
    depends_on: Optional[list] = None  # in a batch alone

    def body(self) -> dict:
        return {name: value for name, value in asdict(self).items() if value is not None}


class DeploymentAPI:
    """One Slipway. With a bound key, `for_user` says on whose behalf it calls."""

    def __init__(self, url: str, key: str, *, language: str = "zh-TW", user_id: str = "", guild_id: str = ""):
        self.url = url.rstrip("/")
        self.key = key
        self.language = language
        self.user_id = user_id
        self.guild_id = guild_id

    def for_user(self, user_id: Any, guild_id: Any) -> "DeploymentAPI":
        return DeploymentAPI(self.url, self.key, language=self.language, user_id=str(user_id), guild_id=str(guild_id))

    # --- deployments

    async def start_deployment(self, request: DeploymentRequest, *, idempotency_key: str = "") -> SimpleNamespace:
        """Durable once this returns: `.deployment_id`, `.status`, `.progress_url`, … A repeat under the same key starts nothing."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return SimpleNamespace(**await self.call("POST", "/api/deployments", request.body(), headers=headers))

    async def get_deployment_status(self, deployment_id: str) -> dict:
        return await self.call("GET", f"/api/deployments/{deployment_id}")

    async def get_deployment_progress(self, deployment_id: str) -> dict:
        return await self.call("GET", f"/api/deployments/{deployment_id}/progress")

    async def get_deployment_logs(self, deployment_id: str, *, tail: int = 50) -> str:
        return await self.call("GET", f"/api/deployments/{deployment_id}/logs?tail={tail}", accept="text/plain")

    async def cancel_deployment(self, deployment_id: str) -> dict:
        return await self.call("POST", f"/api/deployments/{deployment_id}/cancel", {})

    async def list_deployments(self, **filters: Any) -> list:
        return await self.call("GET", "/api/deployments?" + urllib.parse.urlencode(filters))

    async def watch(self, deployment_id: str, *, every: float = 1.0) -> AsyncIterator[dict]:
        """Its progress, whenever it changed, to the end."""
        told = None
        while True:
            progress = await self.get_deployment_progress(deployment_id)
            seen = (progress["current_step"], progress["progress_percentage"], progress["status"])
            if seen != told:
                told = seen
                yield progress
            if progress["status"] in ENDED and not progress.get("stale"):
                return
            await asyncio.sleep(every)

    async def wait_for(self, deployment_id: str, *, every: float = 1.0) -> dict:
        """Its status once it completed. Raises what it failed with."""
        async for _ in self.watch(deployment_id, every=every):
            pass
        status = await self.get_deployment_status(deployment_id)
        if status["status"] == "completed":
            return status
        error = status.get("error", {})
        raised = ERRORS.get(error.get("type", ""), DeploymentError)
        raise raised(error.get("message", status["status"]), code=error.get("code", ""), hint=error.get("hint", ""))

    # --- batches

    async def start_batch(self, requests: list, *, on_failure: str = "continue", max_parallel: int = 3) -> dict:
        body = {"deployments": [one.body() for one in requests], "on_failure": on_failure, "max_parallel": max_parallel}
        return await self.call("POST", "/api/deployments/batch", body)

    async def wait_for_batch(self, batch_id: str, *, every: float = 1.0) -> dict:
        while True:
            batch = await self.call("GET", f"/api/batches/{batch_id}")
            if batch["status"] != "running" and not batch.get("stale"):
                return batch
            await asyncio.sleep(every)

    # --- services

    async def register_service(self, name: str, **facts: Any) -> dict:
        """`kind`, `type`, `depends_on`, `health_url`."""
        return await self.call("POST", "/api/services", {"name": name, **facts})

    async def unregister_service(self, name: str, *, force: bool = False, purge: bool = False) -> None:
        query = urllib.parse.urlencode({"force": str(force).lower(), "purge": str(purge).lower()})
        await self.call("DELETE", f"/api/services/{name}?{query}")

    async def get_service(self, name: str) -> dict:
        return await self.call("GET", f"/api/services/{name}")

    async def get_service_health(self, name: str) -> dict:
        return await self.call("GET", f"/api/services/{name}/health")

    async def discover_services(self) -> dict:
        """In four groups: `deployment_services`, `sub_bot_services`, `ai_services`, `other_services`."""
        return await self.call("GET", "/api/services/discovery")

    async def command_service(self, name: str, command: str, **body: Any) -> dict:
        """`start`, `stop`, `restart`, `rollback`: accepted, which is not done."""
        return await self.call("POST", f"/api/services/{name}/{command}", body)

    async def wait_for_command(self, accepted: dict, *, every: float = 0.5) -> dict:
        """The event that says how a command went."""
        while True:
            for event in await self.call("GET", accepted["events_url"] + "?limit=500"):
                if event["metadata"].get("command_id") == accepted["command_id"]:
                    return event
            await asyncio.sleep(every)

    # --- all else

    async def health(self) -> dict:
        return await self.call("GET", "/api/deployment/health")

    async def check_permission(self, user_id: Any, guild_id: Any, action: str) -> dict:
        query = urllib.parse.urlencode({"user_id": user_id, "guild_id": guild_id, "action": action})
        return await self.call("GET", f"/api/permissions/check?{query}")

    async def call(self, method: str, path: str, body: Any = None, *, headers: Optional[dict] = None, accept: str = "application/json") -> Any:
        """One call, in a thread of its own: a bot goes on meanwhile."""
        return await asyncio.to_thread(self._call, method, path, body, headers or {}, accept)

    def _call(self, method: str, path: str, body: Any, headers: dict, accept: str) -> Any:
        sent = {"Authorization": f"Bearer {self.key}", "Accept": accept, "Accept-Language": self.language, **headers}
        if self.user_id:
            sent.update({"X-User-Id": self.user_id, "X-Guild-Id": self.guild_id})
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data=data, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as refused:
            raise _error_of(refused) from None
        except OSError as error:
            raise EnvironmentError(f"Slipway at {self.url} can't be reached ({error})", hint="npm start") from error
        return text if accept == "text/plain" else json.loads(text or "null")


def _error_of(refused: urllib.error.HTTPError) -> ApiError:
    """The API's problem (RFC 9457) as the error that it names."""
    text = refused.read().decode(errors="replace")
    try:
        problem = json.loads(text)
    except ValueError:
        problem = {"detail": text[:200]}
    raised = ERRORS.get(problem.get("error", ""), DeploymentError)
    return raised(
        problem.get("detail", refused.reason),
        code=problem.get("code", ""),
        status=refused.code,
        hint=problem.get("hint", ""),
        errors=problem.get("errors", ()),
        retry_after=float(refused.headers.get("Retry-After") or 0),
    )


def get_deployment_api(data_dir: Optional[str] = None, *, language: Optional[str] = None) -> DeploymentAPI:
    """`SLIPWAY_URL` and `SLIPWAY_KEY`, else the Slipway of a local data folder: `SLIPWAY_DATA_DIR`, or the nearest `.slipway` upwards.

    Answers are in `language`, else `SLIPWAY_LANGUAGE`, else Chinese (`zh-TW`; the other is `en`).
    """
    language = language or os.environ.get("SLIPWAY_LANGUAGE") or "zh-TW"
    url, key = os.environ.get("SLIPWAY_URL"), os.environ.get("SLIPWAY_KEY")
    if url and key:
        return DeploymentAPI(url, key, language=language)
    folder = pathlib.Path(data_dir or os.environ.get("SLIPWAY_DATA_DIR") or _nearest_data_folder())
    try:
        ready = json.loads((folder / "ready.json").read_text())
        return DeploymentAPI(ready["api_url"], (folder / "admin.key").read_text().strip(), language=language)
    except OSError as error:
        hint = "Start one with npm start, or set SLIPWAY_DATA_DIR, or SLIPWAY_URL and SLIPWAY_KEY"
        raise EnvironmentError(f"There is no running Slipway in {folder}", hint=hint) from error


def _nearest_data_folder() -> pathlib.Path:
    here = pathlib.Path.cwd()
    found = (folder / ".slipway" for folder in (here, *here.parents))
    return next((folder for folder in found if folder.is_dir()), here / ".slipway")
