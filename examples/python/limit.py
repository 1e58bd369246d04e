"""Starts more deployments than can run at once. Waits as the API says, and queues the last:  python3 limit.py PATH COUNT"""
import asyncio
import pathlib
import sys

from script import run
from slipway_client import DeploymentAPI, DeploymentError, DeploymentRequest, StartedDeployment, get_deployment_api


def request(path: pathlib.Path, number: int, **config: object) -> DeploymentRequest:
    source = {"type": "directory", "path": str(path)}
    return DeploymentRequest(config={"service": f"{path.name}-{number}", "source": source, **config})


async def start(api: DeploymentAPI, one: DeploymentRequest) -> StartedDeployment:
    """Tries again while the limit is reached."""
    while True:
        try:
            return await api.start_deployment(one)
        except DeploymentError as error:
            if "併發限制" not in str(error):
                raise
            print(f"{one.config['service']}: {error}; again in {error.retry_after:.0f} s")
            await asyncio.sleep(error.retry_after)


async def main() -> int:
    path, count = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    api = get_deployment_api()
    started = await asyncio.gather(*(start(api, request(path, number)) for number in range(count)))
    queued = await api.start_deployment(request(path, count, when_full="queue"))
    print(f"{queued.deployment_id} is {queued.status}")
    for one in [*started, queued]:
        status = await api.wait_for(one.deployment_id)
        print(f"{status['service']}: {status['status']}")
    return 0


run(main, __doc__, arguments=2)
