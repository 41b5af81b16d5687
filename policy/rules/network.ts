import { isLoopback } from "../../config/addresses";
import { isUnknown, objects, text } from "../read";
import { ALWAYS, CONTAINER, sentence, type ResourceRule } from "./rule";

/** Where Docker publishes a port that names no address. */
const EVERYWHERE = "0.0.0.0";

/** The address of a published port, or undefined as long as it is not known. */
function addressOf(ip: unknown): string | undefined {
  if (isUnknown(ip)) {
    return undefined;
  }
  return text(ip) === undefined || ip === "" ? EVERYWHERE : text(ip);
}

const isOwnMachine = (address: string): boolean => isLoopback(address) || address === "::1";

export const publishedPorts: ResourceRule = {
  name: "published-ports",
  description: "Ports are published on the loopback address, or on an address that the settings name.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }, { addresses }) => {
    const violations = objects(props.ports)
      .map(({ ip, internal }) => ({ internal, address: addressOf(ip) }))
      .filter(({ address }) => address !== undefined && !isOwnMachine(address) && !addresses.has(address))
      .map(({ internal, address }) =>
        sentence(
          `container ${name}: port ${String(internal)} is published on ${address!}`,
          "127.0.0.1, or an address in the settings bindAddress or hosts",
          `give the port the ip 127.0.0.1, or say that it is meant: pulumi config set bindAddress ${address!}`,
        ),
      );
    return props.publishAllPorts === true
      ? [
          ...violations,
          sentence(
            `container ${name}: publishAllPorts opens every port of the image on ${EVERYWHERE}`,
            "single ports",
            "remove publishAllPorts and list the ports with their ip",
          ),
        ]
      : violations;
  },
};

export const hostNetwork: ResourceRule = {
  name: "host-network",
  description: "Containers use the host's network only where the settings say `network: host`.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }, stack) =>
    props.networkMode === "host" && !stack.hostNetwork
      ? [
          sentence(
            `container ${name}: networkMode is host, where no list of ports limits what is open`,
            "a network of its own, or the setting network: host",
            "remove networkMode, or say that it is meant: pulumi config set network host",
          ),
        ]
      : [],
};
