"""What the stack that deployed Redis gives to applications, as far as this one uses it (docs/contract.schema.json)."""

from typing import Any, Mapping

VERSION = 2


class ContractError(Exception):
    """The outputs are not those of a stack of this project, or of another version of it."""


def contract_of(outputs: Mapping[str, Any], deployment: str | None) -> Mapping[str, Any]:
    """The outputs of one deployment.

    deployment: which one of a stack with several; by default its first.

    Raises ContractError with a sentence that says what does not fit.
    """
    # Before one is chosen: in outputs of another version there is none to choose.
    _require_version(outputs)
    if deployment is None or deployment == outputs.get("deployment"):
        return outputs
    several = outputs.get("deployments", {})
    if deployment not in several:
        known = ", ".join(sorted(several)) or outputs.get("deployment")
        raise ContractError(f"the Redis stack has no deployment {deployment}; there is {known}")
    _require_version(several[deployment] or {})
    return several[deployment]


def _require_version(outputs: Mapping[str, Any]) -> None:
    version = outputs.get("contractVersion")
    if version is None:
        raise ContractError("the Redis stack has no output `contractVersion`: it is not deployed, or not a stack of this kind")
    if version != VERSION:
        # Pulumi hands every number over as a float.
        version = int(version) if isinstance(version, float) else version
        raise ContractError(f"the Redis stack's outputs have contract version {version}, this program knows {VERSION}; bring the older of the two up to date")


def client_of(contract: Mapping[str, Any], in_network: bool) -> dict[str, Any]:
    """How a client reaches the group under Sentinel: from inside its Docker network, or by published addresses.

    Raises ContractError with a sentence that says what does not fit.
    """
    if contract["topology"] != "sentinel":
        raise ContractError("this program asks Sentinels for the master; deploy Redis with `topology: sentinel`")
    if in_network and "network" not in contract:
        raise ContractError("the Redis stack has no Docker network of its own; set `network` to host")
    tls = contract["connection"].get("tls", {})
    if "cert" in tls:
        raise ContractError("this program shows no certificate; set `tlsClientCertificates` to no, or extend app/server.py")
    members = contract["sentinels"]
    sentinels = [member["announced"] if in_network else member for member in members]
    connection = contract["connection"]
    return {
        "sentinels": [[member["host"], int(member["port"])] for member in sentinels],
        "master_name": contract["masterName"],
        "username": connection["username"],
        "password": connection["password"],
        "ca": tls.get("ca"),
        "translated": {} if in_network else contract["natMap"],
    }
