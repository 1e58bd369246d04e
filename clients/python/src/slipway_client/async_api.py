"""The API for bots: each call runs in a thread, and the event loop goes on."""
from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, AsyncIterator, List, Mapping, Optional, Sequence

from .answers import AcceptedCommand, Batch, DeploymentStatus, Event, Health, Progress, Service, StartedDeployment
from .requests import DeploymentRequest
from .sync_api import SyncDeploymentAPI, completed, end_of, events_path, has_changed, has_ended, is_batch_over
from .transport import JSON, Transport

thread = asyncio.to_thread


class DeploymentAPI:
    """One Slipway. `SyncDeploymentAPI` has the same calls, with their descriptions. Raises `ApiError`."""

    def __init__(self, url: str, key: str, *, language: str = "zh-TW", user_id: str = "", guild_id: str = "") -> None:
        self.sync = SyncDeploymentAPI(url, key, language=language, user_id=user_id, guild_id=guild_id)

    @classmethod
    def of(cls, transport: Transport) -> "DeploymentAPI":
        api = cls.__new__(cls)
        api.sync = SyncDeploymentAPI.of(transport)
        return api

    def for_user(self, user_id: object, guild_id: object) -> "DeploymentAPI":
        return self.of(replace(self.sync.transport, user_id=str(user_id), guild_id=str(guild_id)))

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Optional[Mapping[str, str]] = None,
        accept: str = JSON,
    ) -> Any:
        return await thread(self.sync.call, method, path, body, headers=headers, accept=accept)

    # Deployments

    async def start_deployment(self, request: DeploymentRequest, *, idempotency_key: str = "") -> StartedDeployment:
        return await thread(self.sync.start_deployment, request, idempotency_key=idempotency_key)

    async def get_deployment_status(self, deployment_id: str) -> DeploymentStatus:
        return await thread(self.sync.get_deployment_status, deployment_id)

    async def get_deployment_progress(self, deployment_id: str) -> Progress:
        return await thread(self.sync.get_deployment_progress, deployment_id)

    async def get_deployment_logs(self, deployment_id: str, *, tail: int = 50) -> str:
        return await thread(self.sync.get_deployment_logs, deployment_id, tail=tail)

    async def cancel_deployment(self, deployment_id: str) -> DeploymentStatus:
        return await thread(self.sync.cancel_deployment, deployment_id)

    async def list_deployments(self, **filters: object) -> List[DeploymentStatus]:
        return await thread(self.sync.list_deployments, **filters)

    async def watch(self, deployment_id: str, *, every: float = 1.0) -> AsyncIterator[Progress]:
        last: Optional[Progress] = None
        while True:
            progress = await self.get_deployment_progress(deployment_id)
            if last is None or has_changed(last, progress):
                last = progress
                yield progress
            if has_ended(progress):
                return
            await asyncio.sleep(every)

    async def wait_for(self, deployment_id: str, *, every: float = 1.0) -> DeploymentStatus:
        async for _ in self.watch(deployment_id, every=every):
            pass
        return completed(await self.get_deployment_status(deployment_id))

    # Batches

    async def start_batch(
        self, requests: Sequence[DeploymentRequest], *, on_failure: str = "continue", max_parallel: int = 3
    ) -> Batch:
        return await thread(self.sync.start_batch, requests, on_failure=on_failure, max_parallel=max_parallel)

    async def get_batch(self, batch_id: str) -> Batch:
        return await thread(self.sync.get_batch, batch_id)

    async def wait_for_batch(self, batch_id: str, *, every: float = 1.0) -> Batch:
        while True:
            batch = await self.get_batch(batch_id)
            if is_batch_over(batch):
                return batch
            await asyncio.sleep(every)

    # Services

    async def register_service(self, name: str, **facts: object) -> Service:
        return await thread(self.sync.register_service, name, **facts)

    async def unregister_service(self, name: str, *, force: bool = False, purge: bool = False) -> None:
        await thread(self.sync.unregister_service, name, force=force, purge=purge)

    async def get_service(self, name: str) -> Service:
        return await thread(self.sync.get_service, name)

    async def get_service_health(self, name: str) -> Service:
        return await thread(self.sync.get_service_health, name)

    async def discover_services(self) -> dict[str, List[Service]]:
        return await thread(self.sync.discover_services)

    async def command_service(self, name: str, command: str, **body: object) -> AcceptedCommand:
        return await thread(self.sync.command_service, name, command, **body)

    async def wait_for_command(self, accepted: AcceptedCommand, *, every: float = 0.5) -> Event:
        while True:
            event = end_of(accepted, await self.call("GET", events_path(accepted)))
            if event is not None:
                return event
            await asyncio.sleep(every)

    # Slipway

    async def health(self) -> Health:
        return await thread(self.sync.health)

    async def check_permission(self, user_id: object, guild_id: object, action: str) -> dict[str, Any]:
        return await thread(self.sync.check_permission, user_id, guild_id, action)
