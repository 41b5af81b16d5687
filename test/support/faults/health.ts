import { accessOf } from "../../../outputs/access";
import type { Contract, ContractMember } from "../../../outputs/contract";
import { withMember, withSentinel } from "./connect";

/** A node by its ROLE: a master has other things where a replica has its master. */
interface NodeSeen {
  readonly role: string;
  readonly master: string;
  readonly link: string;
}

/** What keeps a group from being whole, as sentences; empty when it is. */
export async function complaints(contract: Contract): Promise<readonly string[]> {
  const nodes = await Promise.all(contract.nodes.map((node) => attempt(node, () => lookAtNode(contract, node))));
  const masters = nodes.filter(({ facts }) => facts?.role === "master");
  const found = nodes.flatMap(({ trouble }) => trouble ?? []);
  const master = masters[0]?.member;
  if (masters.length !== 1 || master === undefined) {
    return [...found, `masters: ${masters.map(({ member }) => member.name).join(", ") || "none"}`];
  }
  const address = `${master.announced.host}:${master.announced.port}`;
  for (const { member, facts } of nodes) {
    if (facts?.role === "slave" && (facts.master !== address || facts.link !== "connected")) {
      found.push(`${member.name} follows ${facts.master} (${facts.link}), not ${address}`);
    }
  }
  const sentinels = await Promise.all(
    contract.sentinels.map((sentinel) => attempt(sentinel, () => lookAtSentinel(contract, sentinel, address))),
  );
  return [...found, ...sentinels.flatMap(({ trouble, facts }) => trouble ?? facts ?? [])];
}

async function lookAtNode(contract: Contract, node: ContractMember): Promise<NodeSeen> {
  const reply = await withMember(node, accessOf(contract, "admin"), (client) => client.role());
  const [role, host, port, link] = reply as readonly unknown[];
  return { role: String(role), master: `${String(host)}:${String(port)}`, link: String(link) };
}

/** Whether a Sentinel sees the group as it is planned: who is master, who else is there, all of them up. */
async function lookAtSentinel(
  contract: Contract,
  sentinel: ContractMember,
  master: string,
): Promise<readonly string[]> {
  const name = contract.masterName;
  return withSentinel(contract, sentinel, async (client) => {
    const ask = async (what: string): Promise<unknown> => client.call("SENTINEL", what, name);
    const [address, quorum, replicas, others] = (await Promise.all([
      ask("GET-MASTER-ADDR-BY-NAME"),
      ask("CKQUORUM"),
      ask("REPLICAS"),
      ask("SENTINELS"),
    ])) as [readonly string[], string, readonly unknown[], readonly unknown[]];
    const found: string[] = [];
    if (address.join(":") !== master) {
      found.push(`${sentinel.name} names ${address.join(":")}, not ${master}`);
    }
    if (!quorum.startsWith("OK")) {
      found.push(`${sentinel.name}: ${quorum}`);
    }
    const wanted: readonly [string, readonly unknown[], number][] = [
      ["replicas", replicas, contract.nodes.length - 1],
      ["other Sentinels", others, contract.sentinels.length - 1],
    ];
    for (const [what, list, count] of wanted) {
      const up = list.map((one) => flags(one)).filter((all) => !/down|disconnected/.test(all)).length;
      if (list.length !== count || up !== count) {
        found.push(`${sentinel.name} knows ${list.length} ${what}, ${up} of them up, not ${count}`);
      }
    }
    return found;
  });
}

/** A Sentinel's reply on one instance: names and values in turn, or an object. */
function flags(instance: unknown): string {
  if (Array.isArray(instance)) {
    return String(instance[instance.indexOf("flags") + 1]);
  }
  return String((instance as { flags?: unknown }).flags);
}

async function attempt<T>(
  member: ContractMember,
  look: () => Promise<T>,
): Promise<{ readonly member: ContractMember; readonly facts?: T; readonly trouble?: string }> {
  try {
    return { member, facts: await look() };
  } catch (error) {
    return { member, trouble: `${member.name}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
