"""Registers a bot that depends on a service, lists both, and restarts the service:  python3 services.py SERVICE"""
import sys

from script import run
from slipway_client import DeploymentError, get_deployment_api


async def main() -> int:
    deployed = sys.argv[1]
    api = get_deployment_api()
    try:
        await api.register_service("music-bot", kind="worker", type="sub_bot", depends_on=[deployed])
    except DeploymentError as error:
        if error.code != "name_taken":
            raise
    for group, services in (await api.discover_services()).items():
        print(f"{group}: {', '.join(service['name'] for service in services)}")
    print(f"{deployed} is {(await api.get_service_health(deployed))['status']}")
    event = await api.wait_for_command(await api.command_service(deployed, "restart"))
    print(f"{event['event_type']}: {event['message']}")
    try:
        await api.unregister_service(deployed)
    except DeploymentError as error:
        print(f"{error.code}: {error}")
    await api.unregister_service("music-bot")
    return 0


run(main, __doc__)
