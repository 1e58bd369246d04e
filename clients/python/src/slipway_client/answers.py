"""The answers of the API. An answer may have more fields than the types here: docs/reference/api.md lists them all."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional, TypedDict

Status = Literal["pending", "queued", "running", "completed", "failed", "cancelled"]
ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class StartedDeployment:
    """The answer to a start. The deployment survives a crash of Slipway from here on."""

    deployment_id: str
    status: str
    message: str
    estimated_duration: float
    """In seconds."""
    progress_url: str
    body: Dict[str, Any]
    """The whole answer."""

    def __getattr__(self, name: str) -> Any:
        """Returns another field of the answer."""
        try:
            return self.__dict__["body"][name]
        except KeyError:
            raise AttributeError(name) from None


class ErrorBody(TypedDict, total=False):
    type: str
    code: str
    message: str
    hint: str


class Attempt(TypedDict, total=False):
    mode: str
    status: str
    reason: str
    duration_seconds: float


class DeploymentStatus(TypedDict, total=False):
    deployment_id: str
    service: Optional[str]
    status: Status
    mode: str
    active_mode: Optional[str]
    url: Optional[str]
    duration_seconds: float
    attempts: List[Attempt]
    error: ErrorBody
    metadata: Dict[str, Any]


class Progress(TypedDict, total=False):
    deployment_id: str
    status: Status
    active_mode: Optional[str]
    current_step: str
    progress_percentage: float
    stale: bool


class BatchItem(TypedDict, total=False):
    service: str
    status: str
    deployment_id: Optional[str]
    reason: Optional[str]


class Batch(TypedDict, total=False):
    batch_id: str
    status: str
    total: int
    items: List[BatchItem]
    stale: bool


class Service(TypedDict, total=False):
    name: str
    kind: Optional[str]
    type: str
    status: str
    url: Optional[str]
    release: Optional[str]
    depends_on: List[str]
    message: Optional[str]


class AcceptedCommand(TypedDict, total=False):
    command_id: str
    events_url: str


class Event(TypedDict, total=False):
    event_type: str
    message: str
    timestamp: str
    metadata: Dict[str, Any]


class Manager(TypedDict, total=False):
    status: str
    reason: str


class Health(TypedDict, total=False):
    api_status: str
    deployment_managers: Dict[str, Manager]
