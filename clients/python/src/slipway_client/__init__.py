"""A client of Slipway's API, for bots and for scripts. It needs Python 3.9 and nothing else.

    api = get_deployment_api()
    started = await api.start_deployment(DeploymentRequest(config={"service": "roas-bot", ...}))
    status = await api.wait_for(started.deployment_id)
"""
from __future__ import annotations

from typing import Optional

from .answers import (
    ENDED,
    AcceptedCommand,
    Attempt,
    Batch,
    BatchItem,
    DeploymentStatus,
    Event,
    Health,
    Progress,
    Service,
    StartedDeployment,
)
from .async_api import DeploymentAPI
from .errors import ApiError, DeploymentError, EnvironmentError, FieldError, PermissionError
from .local import find_slipway
from .requests import DeploymentRequest
from .sync_api import SyncDeploymentAPI

__all__ = [
    "ENDED",
    "AcceptedCommand",
    "ApiError",
    "Attempt",
    "Batch",
    "BatchItem",
    "DeploymentAPI",
    "DeploymentError",
    "DeploymentRequest",
    "DeploymentStatus",
    "EnvironmentError",
    "Event",
    "FieldError",
    "Health",
    "PermissionError",
    "Progress",
    "Service",
    "StartedDeployment",
    "SyncDeploymentAPI",
    "find_slipway",
    "get_deployment_api",
    "get_sync_deployment_api",
]


def get_deployment_api(data_dir: Optional[str] = None, *, language: Optional[str] = None) -> DeploymentAPI:
    """Returns the API for bots of the Slipway that `find_slipway` finds. Raises `EnvironmentError`."""
    return DeploymentAPI.of(find_slipway(data_dir, language=language))


def get_sync_deployment_api(data_dir: Optional[str] = None, *, language: Optional[str] = None) -> SyncDeploymentAPI:
    """Returns the API for scripts of the Slipway that `find_slipway` finds. Raises `EnvironmentError`."""
    return SyncDeploymentAPI.of(find_slipway(data_dir, language=language))
