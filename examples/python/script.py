"""What the scripts beside this have in common: how one is called, and how it ends."""
import asyncio
import sys
from typing import Awaitable, Callable

from slipway_client import ApiError


def run(main: Callable[[], Awaitable[int]], usage: str, arguments: int = 1) -> None:
    """Exits with what `main` returns; a refusal that it leaves to us is told in a sentence, and exits with 1."""
    if len(sys.argv) <= arguments:
        sys.exit(usage)
    try:
        sys.exit(asyncio.run(main()))
    except ApiError as error:
        sys.exit(". ".join(filter(None, (str(error), error.hint))))
