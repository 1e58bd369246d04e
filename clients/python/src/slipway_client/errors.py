"""The errors of the API, and of deployments that failed."""
from __future__ import annotations

from typing import Iterable, List, TypedDict


class FieldError(TypedDict):
    """One wrong field of a request."""

    path: str
    message: str


class ApiError(Exception):
    """An error response of the API, or the error of a deployment. `str(error)` is one sentence."""

    code: str
    """The error code, such as `concurrency_limit`. docs/reference/errors.md lists all codes."""
    status: int
    """The HTTP status. 0 for the error of a deployment."""
    hint: str
    """What to do. Empty if there is nothing to add."""
    errors: List[FieldError]
    """The wrong fields of a request."""
    retry_after: float
    """The seconds after which the same request may succeed. 0 if the API doesn't say so."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int = 0,
        hint: str = "",
        errors: Iterable[FieldError] = (),
        retry_after: float = 0,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.hint = hint
        self.errors = list(errors)
        self.retry_after = retry_after


class DeploymentError(ApiError):
    """The request or the project must be fixed."""


class EnvironmentError(ApiError):  # noqa: A001 - the API's own name for this kind of error
    """The host must be fixed, or it can't be reached."""


class PermissionError(ApiError):  # noqa: A001 - the API's own name for this kind of error
    """The key, or the user that it calls for, isn't allowed to do this."""


def error_class(name: object) -> type[ApiError]:
    """Returns the class for the API's name of a kind of error."""
    kinds: dict[object, type[ApiError]] = {
        "EnvironmentError": EnvironmentError,
        "PermissionError": PermissionError,
    }
    return kinds.get(name, DeploymentError)
