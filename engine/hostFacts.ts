import { networkInterfaces } from "node:os";

/** What an engine's host is like, as far as a deployment can ask for what it does not have. */
export interface HostFacts {
  /** Undefined where the engine does not say. */
  readonly processors?: number;
  /** Whether its containers have users of their own (`userns-remap`). */
  readonly remapsUsers: boolean;
  /** Its IPv4 networks, each with the host's own address in it: `192.168.1.7/24`; undefined where it is another machine. */
  readonly addresses?: readonly string[];
}

/** The part of `GET /info` that is read here. */
export interface EngineInfo {
  readonly NCPU?: number;
  readonly SecurityOptions?: readonly string[] | null;
}

/** What is known of the host of an engine. */
export function hostFacts(endpoint: string, info: EngineInfo): HostFacts {
  return {
    processors: info.NCPU,
    remapsUsers: (info.SecurityOptions ?? []).some((option) => option.startsWith("name=userns")),
    ...(endpoint.startsWith("unix:") ? { addresses: ownAddresses() } : {}),
  };
}

const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ family, cidr }) => (family === "IPv4" && cidr !== null ? [cidr] : []));
