"""Runs an example: checks its arguments, and prints an error of the API."""
import asyncio
import sys
from typing import Any, Callable, Coroutine

from slipway_client import ApiError


def run(main: Callable[[], Coroutine[Any, Any, int]], usage: str, arguments: int = 1) -> None:
    """Exits with the result of `main`, or with 1 and a sentence if the API refuses a call."""
    if len(sys.argv) <= arguments:
        sys.exit(usage)
    try:
        sys.exit(asyncio.run(main()))
    except ApiError as error:
        sys.exit(". ".join(filter(None, (str(error), error.hint))))
