"""An application's own stack: it takes the outputs of the stack that deployed Redis, and runs a container that uses it.

pulumi stack init shop
pulumi config set redisStack organization/redis-on-docker/dev
pulumi up
"""

from pathlib import Path

import pulumi
import pulumi_docker as docker

from bundle import bundle
from contract import ContractError, client_of, contract_of

config = pulumi.Config()
port = config.require_int("port")
network = config.require("network")
if network not in ("deployment", "host"):
    raise pulumi.RunError(f"network is {network}; allowed: deployment, host; fix: pulumi config set network deployment")
on_host = network == "host"


def read(outputs):
    try:
        contract = contract_of(outputs, config.get("deployment") or None)
        return {"client": client_of(contract, in_network=not on_host), "network": contract.get("network")}
    except ContractError as error:
        raise pulumi.RunError(str(error)) from None


redis = pulumi.StackReference("redis", stack_name=config.require("redisStack"))
found = redis.outputs.apply(read)
connection = pulumi.Output.secret(pulumi.Output.json_dumps(found["client"]))

runtime = docker.RemoteImage("runtime", name=config.require("image"), keep_locally=True)

place = (
    {"network_mode": "host"}
    if on_host
    else {
        "networks_advanced": [{"name": pulumi.Output.unsecret(found["network"])}],
        "ports": [{"internal": port, "external": port, "ip": "127.0.0.1"}],
    }
)
app = docker.Container(
    "app",
    name=f"{pulumi.get_project()}-{pulumi.get_stack()}",
    image=runtime.image_id,
    command=["python3", "/app/server.pyz"],
    # No secret in here: whoever may look at a container sees its environment.
    envs=[f"HOST={'127.0.0.1' if on_host else '0.0.0.0'}", f"PORT={port}", "REDIS_FILE=/run/app/redis.json"],
    uploads=[
        {"file": "/app/server.pyz", "content_base64": bundle(Path(__file__).parent / "app" / "server.py", ["redis"])},
        {"file": "/run/app/redis.json", "content": connection},
    ],
    user="1000:1000",
    capabilities={"drops": ["ALL"]},
    security_opts=["no-new-privileges"],
    memory=256,
    memory_swap=256,
    restart="unless-stopped",
    must_run=True,
    destroy_grace_seconds=15,
    healthcheck={
        "tests": ["CMD", "python3", "-c", f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{port}/healthz')"],
        "interval": "5s",
        "timeout": "5s",
        "retries": 15,
    },
    wait=True,
    **place,
)

pulumi.export("url", f"http://127.0.0.1:{port}")
pulumi.export("container", app.name)
