"""The API for scripts and threads."""
from __future__ import annotations

import time
import urllib.parse
from dataclasses import replace
from typing import Any, Iterator, List, Mapping, Optional, Sequence, cast

from .answers import (
    ENDED,
    AcceptedCommand,
    Batch,
    DeploymentStatus,
    Event,
    Health,
    Progress,
    Service,
    StartedDeployment,
)
from .errors import error_class
from .requests import DeploymentRequest
from .transport import JSON, Transport


class SyncDeploymentAPI:
    """One Slipway. Each call blocks until the API answers. Raises `ApiError`."""

    def __init__(self, url: str, key: str, *, language: str = "zh-TW", user_id: str = "", guild_id: str = "") -> None:
        self.transport = Transport(url, key, language, user_id, guild_id)

    @classmethod
    def of(cls, transport: Transport) -> "SyncDeploymentAPI":
        api = cls.__new__(cls)
        api.transport = transport
        return api

    def for_user(self, user_id: object, guild_id: object) -> "SyncDeploymentAPI":
        """Returns the same Slipway for a Discord user. A key with a policy needs one."""
        return self.of(replace(self.transport, user_id=str(user_id), guild_id=str(guild_id)))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Optional[Mapping[str, str]] = None,
        accept: str = JSON,
    ) -> Any:
        """Makes any call of the API, such as `call("GET", "/api/keys")`."""
        return self.transport.call(method, path, body, headers=headers, accept=accept)

    # Deployments

    def start_deployment(self, request: DeploymentRequest, *, idempotency_key: str = "") -> StartedDeployment:
        """Starts a deployment. A second call with the same idempotency key returns the first deployment."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        body = self.call("POST", "/api/deployments", request.body(), headers=headers)
        return StartedDeployment(
            deployment_id=body["deployment_id"],
            status=body["status"],
            message=body["message"],
            estimated_duration=body["estimated_duration"],
            progress_url=body["progress_url"],
            body=body,
        )

    def get_deployment_status(self, deployment_id: str) -> DeploymentStatus:
        return cast(DeploymentStatus, self.call("GET", f"/api/deployments/{_part(deployment_id)}"))

    def get_deployment_progress(self, deployment_id: str) -> Progress:
        return cast(Progress, self.call("GET", f"/api/deployments/{_part(deployment_id)}/progress"))

    def get_deployment_logs(self, deployment_id: str, *, tail: int = 50) -> str:
        path = f"/api/deployments/{_part(deployment_id)}/logs?tail={tail}"
        return cast(str, self.call("GET", path, accept="text/plain"))

    def cancel_deployment(self, deployment_id: str) -> DeploymentStatus:
        return cast(DeploymentStatus, self.call("POST", f"/api/deployments/{_part(deployment_id)}/cancel", {}))

    def list_deployments(self, **filters: object) -> List[DeploymentStatus]:
        """`limit`, `status`, `mode`, `service` and `batch_id` are filters."""
        return cast(List[DeploymentStatus], self.call("GET", f"/api/deployments?{urllib.parse.urlencode(filters)}"))

    def watch(self, deployment_id: str, *, every: float = 1.0) -> Iterator[Progress]:
        """Yields the progress at each change until the deployment ends. Asks every so many seconds."""
        last: Optional[Progress] = None
        while True:
            progress = self.get_deployment_progress(deployment_id)
            if last is None or has_changed(last, progress):
                last = progress
                yield progress
            if has_ended(progress):
                return
            time.sleep(every)

    def wait_for(self, deployment_id: str, *, every: float = 1.0) -> DeploymentStatus:
        """Returns the status of a completed deployment. Raises the error of a failed one."""
        for _ in self.watch(deployment_id, every=every):
            pass
        return completed(self.get_deployment_status(deployment_id))

    # Batches

    def start_batch(
        self, requests: Sequence[DeploymentRequest], *, on_failure: str = "continue", max_parallel: int = 3
    ) -> Batch:
        """Starts deployments in the order of their `depends_on`."""
        deployments = [request.body() for request in requests]
        body = {"deployments": deployments, "on_failure": on_failure, "max_parallel": max_parallel}
        return cast(Batch, self.call("POST", "/api/deployments/batch", body))

    def get_batch(self, batch_id: str) -> Batch:
        return cast(Batch, self.call("GET", f"/api/batches/{_part(batch_id)}"))

    def wait_for_batch(self, batch_id: str, *, every: float = 1.0) -> Batch:
        while True:
            batch = self.get_batch(batch_id)
            if is_batch_over(batch):
                return batch
            time.sleep(every)

    # Services

    def register_service(self, name: str, **facts: object) -> Service:
        """`kind`, `type`, `depends_on` and `health_url` are facts."""
        return cast(Service, self.call("POST", "/api/services", {"name": name, **facts}))

    def unregister_service(self, name: str, *, force: bool = False, purge: bool = False) -> None:
        """Removes a service. `force` ignores dependants, `purge` removes the service's data permanently."""
        query = urllib.parse.urlencode({"force": str(force).lower(), "purge": str(purge).lower()})
        self.call("DELETE", f"/api/services/{_part(name)}?{query}")

    def get_service(self, name: str) -> Service:
        return cast(Service, self.call("GET", f"/api/services/{_part(name)}"))

    def get_service_health(self, name: str) -> Service:
        return cast(Service, self.call("GET", f"/api/services/{_part(name)}/health"))

    def discover_services(self) -> dict[str, List[Service]]:
        """Returns `deployment_services`, `sub_bot_services`, `ai_services` and `other_services`."""
        return cast("dict[str, List[Service]]", self.call("GET", "/api/services/discovery"))

    def command_service(self, name: str, command: str, **body: object) -> AcceptedCommand:
        """Sends `start`, `stop`, `restart` or `rollback`. `wait_for_command` waits for the end."""
        return cast(AcceptedCommand, self.call("POST", f"/api/services/{_part(name)}/{_part(command)}", body))

    def wait_for_command(self, accepted: AcceptedCommand, *, every: float = 0.5) -> Event:
        """Returns the event of the command's end."""
        while True:
            event = end_of(accepted, self.call("GET", events_path(accepted)))
            if event is not None:
                return event
            time.sleep(every)

    # Slipway

    def health(self) -> Health:
        return cast(Health, self.call("GET", "/api/deployment/health"))

    def check_permission(self, user_id: object, guild_id: object, action: str) -> dict[str, Any]:
        query = urllib.parse.urlencode({"user_id": user_id, "guild_id": guild_id, "action": action})
        return cast("dict[str, Any]", self.call("GET", f"/api/permissions/check?{query}"))


def _part(text: str) -> str:
    """Returns a part of a path."""
    return urllib.parse.quote(text, safe="")


def has_changed(last: Progress, now: Progress) -> bool:
    return any(
        (
            last["current_step"] != now["current_step"],
            last["progress_percentage"] != now["progress_percentage"],
            last["status"] != now["status"],
        )
    )


def has_ended(progress: Progress) -> bool:
    """Returns true for an end. A stale answer is older than an outage of Temporal."""
    return progress["status"] in ENDED and not progress.get("stale")


def completed(status: DeploymentStatus) -> DeploymentStatus:
    """Returns the status of a completed deployment. Raises the error of another one."""
    if status["status"] == "completed":
        return status
    error = status.get("error", {})
    raise error_class(error.get("type"))(
        error.get("message", status["status"]), code=error.get("code", ""), hint=error.get("hint", "")
    )


def is_batch_over(batch: Batch) -> bool:
    return batch["status"] != "running" and not batch.get("stale")


def events_path(accepted: AcceptedCommand) -> str:
    return accepted["events_url"] + "?limit=500"


def end_of(accepted: AcceptedCommand, events: List[Event]) -> Optional[Event]:
    """Returns the event of the command's end, if it is among these."""
    ends = (event for event in events if event["metadata"].get("command_id") == accepted["command_id"])
    return next(ends, None)
