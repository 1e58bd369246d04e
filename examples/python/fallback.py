"""Tries uv first and then plain Python, and prints the attempts:  python3 fallback.py PATH"""
import pathlib
import sys

from script import run
from slipway_client import ApiError, DeploymentRequest, get_deployment_api


async def main() -> int:
    path = pathlib.Path(sys.argv[1]).resolve()
    api = get_deployment_api()
    health = await api.health()
    for mode, manager in health["deployment_managers"].items():
        print(f"{mode}: {manager['status']} {manager.get('reason', '')}".rstrip())
    config = {"source": {"type": "directory", "path": str(path)}, "fallback_modes": ["fallback"]}
    started = await api.start_deployment(DeploymentRequest(mode="uv", config=config))
    try:
        status = await api.wait_for(started.deployment_id)
    except ApiError as error:
        print(f"no mode worked: {error}")
        return 1
    for attempt in status["attempts"]:
        print(f"{attempt['mode']} was {attempt['status']} {attempt.get('reason', '')}".rstrip())
    print(f"it runs with {status['active_mode']}")
    return 0


run(main, __doc__)
