import type { Redis } from "ioredis";
import type { Contract, ContractMember } from "../outputs/contract";
import { shownCertificate } from "./certificate";
import { causeOf, nodeClient, sentinelClient } from "./connections";
import { failureOf } from "./failures";
import { lookAtNode } from "./lookAtNode";
import { lookAtSentinel } from "./lookAtSentinel";
import type { GroupView, Seen } from "./view";

export type * from "./view";

/** Milliseconds that one look takes at most, however many members do not answer. */
const LOOK_MS = 1500;

/** Looks at one deployment as often as wanted, over connections that stay open. */
export interface Observer {
  /** One look; never rejects: what cannot be reached is in the view with its reason. */
  look(): Promise<GroupView>;
  close(): void;
}

/** One bounded look at the whole group, all members at the same time. Takes at most about 1.5 s. */
export async function observe(contract: Contract): Promise<GroupView> {
  const observer = openObserver(contract);
  try {
    return await observer.look();
  } finally {
    observer.close();
  }
}

/** Opens connections to all members; a broken one is opened again at the next look, once. */
export function openObserver(contract: Contract): Observer {
  const clients = new Map<string, Redis>();

  const clientOf = (member: ContractMember, open: typeof nodeClient): Redis => {
    const known = clients.get(member.name);
    const client = known === undefined || known.status === "end" ? open(contract, member) : known;
    clients.set(member.name, client);
    return client;
  };

  const see = async <Facts>(
    member: ContractMember,
    open: typeof nodeClient,
    ask: (client: Redis) => Promise<Facts>,
  ): Promise<Seen<Facts>> => {
    const client = clientOf(member, open);
    try {
      const facts = await within(LOOK_MS, ask(client));
      const certificate = shownCertificate(client);
      return { member, facts, ...(certificate === undefined ? {} : { certificate }) };
    } catch (error) {
      // Late answers on this connection would be those to old questions' commands: start afresh.
      clients.delete(member.name);
      client.disconnect();
      return { member, failure: failureOf(contract, causeOf(client) ?? error) };
    }
  };

  return {
    async look() {
      const [nodes, sentinels] = await Promise.all([
        Promise.all(contract.nodes.map((member) => see(member, nodeClient, lookAtNode))),
        Promise.all(
          contract.sentinels.map((member) =>
            see(member, sentinelClient, (client) => lookAtSentinel(client, contract.masterName)),
          ),
        ),
      ]);
      return { nodes, sentinels };
    },
    close() {
      clients.forEach((client) => client.disconnect());
      clients.clear();
    },
  };
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("Command timed out")), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
