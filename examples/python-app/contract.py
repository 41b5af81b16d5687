"""What the stack that deployed Redis gives to applications, as far as this one uses it (docs/contract.schema.json)."""

from typing import Any, Mapping

VERSION = 2


class ContractError(Exception):
    """The outputs are not those of a stack of this project, or of another version of it."""


def client_of(outputs: Mapping[str, Any], deployment: str | None, in_network: bool) -> dict[str, Any]:
    """How a client reaches the group under Sentinel: from inside its Docker network, or by published addresses.

    deployment: which one of a stack with several; by default its first.

    Raises ContractError with a sentence that says what does not fit.
    """
    if deployment is not None and deployment != outputs.get("deployment"):
        several = outputs.get("deployments", {})
        if deployment not in several:
            known = ", ".join(several) or outputs.get("deployment")
            raise ContractError(f"the Redis stack has no deployment {deployment}; there is {known}")
        outputs = several[deployment]
    version = outputs.get("contractVersion")
    if version != VERSION:
        # Pulumi hands every number over as a float.
        version = int(version) if isinstance(version, float) else version
        raise ContractError(f"the Redis stack's outputs have contract version {version}, this program knows {VERSION}; bring the older of the two up to date")
    if outputs["topology"] != "sentinel":
        raise ContractError("this program asks Sentinels for the master; deploy Redis with `topology: sentinel`")
    if in_network and "network" not in outputs:
        raise ContractError("the Redis stack has no Docker network of its own; set `network` to host")
    tls = outputs["connection"].get("tls", {})
    if "cert" in tls:
        raise ContractError("this program shows no certificate; set `tlsClientCertificates` to no, or extend app/server.py")
    members = outputs["sentinels"]
    sentinels = [member["announced"] if in_network else member for member in members]
    connection = outputs["connection"]
    return {
        "sentinels": [[member["host"], int(member["port"])] for member in sentinels],
        "master_name": outputs["masterName"],
        "username": connection["username"],
        "password": connection["password"],
        "ca": tls.get("ca"),
        "translated": {} if in_network else outputs["natMap"],
    }
