"""Follows a deployment to its end, and prints the result:  python3 monitor.py DEPLOYMENT_ID"""
import sys

from script import run
from slipway_client import ApiError, get_deployment_api


async def main() -> int:
    api = get_deployment_api()
    deployment_id = sys.argv[1]
    async for progress in api.watch(deployment_id, every=0.5):
        print(f"{progress['progress_percentage']:5.1f} %  {progress['current_step']}  ({progress['active_mode']})")
    status = await api.get_deployment_status(deployment_id)
    print(f"{status['status']} after {status['duration_seconds']} s")
    for attempt in status["attempts"]:
        print(f"  {attempt['mode']}: {attempt['status']} {attempt.get('reason', '')}".rstrip())
    if status["status"] == "completed":
        print(f"  {status.get('url', 'running')}")
        return 0
    try:
        await api.wait_for(deployment_id)
    except ApiError as error:
        print(f"{type(error).__name__} {error.code}: {error}. {error.hint}")
        print(await api.get_deployment_logs(deployment_id, tail=5))
    return 1


run(main, __doc__)
