"""Starts a deployment, and prints how to follow it:  python3 start.py PATH [SERVICE]"""
import pathlib
import sys
from typing import Any

from script import run
from slipway_client import DeploymentError, DeploymentRequest, EnvironmentError, PermissionError, get_deployment_api


async def main() -> int:
    source = pathlib.Path(sys.argv[1]).resolve()
    config: dict[str, Any] = {"source": {"type": "directory", "path": str(source)}}
    if len(sys.argv) > 2:
        config["service"] = sys.argv[2]
    api = get_deployment_api()
    try:
        started = await api.start_deployment(DeploymentRequest(mode="auto", config=config, metadata={"initiated_by": "start.py"}))
    except PermissionError as error:
        print(f"not allowed: {error}. {error.hint}")
        return 1
    except EnvironmentError as error:
        print(f"not possible here: {error}. {error.hint}")
        return 1
    except DeploymentError as error:
        print(f"refused: {error}")
        for wrong in error.errors:
            print(f"  {wrong['path']}: {wrong['message']}")
        return 1
    print(f"{started.message}: {started.deployment_id}, about {started.estimated_duration} s")
    print(f"follow it: python3 monitor.py {started.deployment_id}")
    return 0


run(main, __doc__)
