"""Deploys services in the order of their dependencies, and waits for all:  python3 batch.py PATH PATH …

Each service depends on the one before it.
"""
import pathlib
import sys

from script import run
from slipway_client import DeploymentRequest, get_deployment_api


async def main() -> int:
    paths = [pathlib.Path(argument).resolve() for argument in sys.argv[1:]]
    names = [f"batch-{path.name}" for path in paths]
    requests = [
        DeploymentRequest(
            config={"service": name, "source": {"type": "directory", "path": str(path)}},
            depends_on=names[index - 1 : index] if index else [],
        )
        for index, (name, path) in enumerate(zip(names, paths))
    ]
    api = get_deployment_api()
    batch = await api.start_batch(requests, on_failure="stop", max_parallel=2)
    print(f"{batch['batch_id']}: {batch['total']} services")
    batch = await api.wait_for_batch(batch["batch_id"], every=0.5)
    for item in batch["items"]:
        print(f"  {item['service']}: {item['status']} {item['reason'] or ''}".rstrip())
    print(batch["status"])
    return 0 if batch["status"] == "completed" else 1


run(main, __doc__)
