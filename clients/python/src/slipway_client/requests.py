"""The requests of the API."""
from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Optional


@dataclass
class DeploymentRequest:
    """A start request. Omitted values have the API's defaults. docs/reference/api.md lists the fields of `config`."""

    mode: str = "auto"
    """`docker`, `uv`, `fallback`, or `auto` for the first of them that works."""
    environment: str = "dev"
    timeout: int = 300
    """The time limit of the deployment in seconds."""
    force_rebuild: bool = False
    skip_health_check: bool = False
    callback_url: Optional[str] = None
    config: Dict[str, Any] = field(default_factory=dict)
    metadata: Dict[str, Any] = field(default_factory=dict)
    depends_on: Optional[List[str]] = None
    """The services that must run before. Only in a batch."""

    def body(self) -> Dict[str, Any]:
        """Returns the JSON of the request."""
        return {name: value for name, value in asdict(self).items() if value is not None}
