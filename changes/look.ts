import type { Redis } from "ioredis";
import pRetry from "p-retry";
import { nodeClient, sentinelClient } from "../checks/connections";
import { membersOf } from "../checks/members";
import { fieldsOf, listOf, type Fields } from "../checks/replies";
import { liveSentinelDirectives, ownSentinelDirectives } from "../config/liveDirectives";
import { endpointText, type DeploymentPlan } from "../config/plan";
import { groupTerm } from "../config/render/groupEnv";
import type { Contract, ContractMember } from "../outputs/contract";
import type { PresentMember } from "./present";

/** What a running member has of the plan. */
export interface MemberState {
  readonly member: ContractMember;
  /** Whether it has the plan's word on its group. */
  readonly settings: "current" | "old" | "unknown";
  /** Replicas and Sentinels that a Sentinel knows and the plan does not. */
  readonly strangers: readonly Stranger[];
}

export interface Stranger {
  /** Announced address. */
  readonly address: string;
  /** Whether the Sentinel sees it down. */
  readonly down: boolean;
}

/** A member that was created a moment ago does not answer yet; one that never does is for the checks to report. */
const ANSWER = { retries: 100, factor: 1, minTimeout: 100, maxRetryTime: 10_000 };

/**
 * Looks at all members at the same time; for one that runs and does not answer it waits about 10 s.
 *
 * @param present the members' containers; what does not run is not asked.
 */
export async function lookAtMembers(
  plan: DeploymentPlan,
  contract: Contract,
  present: readonly PresentMember[],
): Promise<readonly MemberState[]> {
  const running = new Set(present.filter((one) => one.running).map(({ name }) => name));
  const ask = async (member: ContractMember, open: typeof nodeClient, look: Look): Promise<MemberState> => {
    const silent: MemberState = { member, settings: "unknown", strangers: [] };
    if (!running.has(member.name)) {
      return silent;
    }
    const once = async (): Promise<MemberState> => {
      const client = open(contract, member);
      try {
        return { member, ...(await look(client)) };
      } finally {
        client.disconnect();
      }
    };
    return pRetry(once, ANSWER).catch(() => silent);
  };
  return Promise.all([
    ...contract.nodes.map((node) => ask(node, nodeClient, (client) => nodeState(plan, client))),
    ...contract.sentinels.map((one) => ask(one, sentinelClient, (client) => sentinelState(plan, contract, client))),
  ]);
}

type Look = (client: Redis) => Promise<Omit<MemberState, "member">>;

/** A data node shows the term of what it was told last (see node/lib-live.sh). */
async function nodeState(plan: DeploymentPlan, client: Redis): ReturnType<Look> {
  const [, title] = await client.config("GET", "proc-title-template");
  return { settings: currentIf(title?.split(" ").at(-1) === groupTerm(plan)), strangers: [] };
}

async function sentinelState(plan: DeploymentPlan, contract: Contract, client: Redis): ReturnType<Look> {
  const { masterName } = contract;
  const [masters, replicas, sentinels, ...config] = await Promise.all([
    client.call("SENTINEL", "MASTERS"),
    client.call("SENTINEL", "REPLICAS", masterName),
    client.call("SENTINEL", "SENTINELS", masterName),
    ...Object.keys(ownSentinelDirectives(plan)).map((directive) => client.call("SENTINEL", "CONFIG", "GET", directive)),
  ]);
  const master = listOf(masters).find(({ name }) => name === masterName);
  const known = [...listOf(replicas), ...listOf(sentinels)];
  const settings = currentIf(master !== undefined && hasDirectives(plan, master, fieldsOf(config.flat())));
  return { settings, strangers: strangersAmong(contract, known) };
}

const currentIf = (hasThem: boolean): MemberState["settings"] => (hasThem ? "current" : "old");

/**
 * Whether a Sentinel has what `SENTINEL SET` and `SENTINEL CONFIG SET` would give it; pure.
 *
 * @param own what it shows of its own configuration. What it does not show it cannot be given either, so telling it
 * again would not help.
 */
export function hasDirectives(plan: DeploymentPlan, master: Fields, own: Fields): boolean {
  return (
    Object.entries(liveSentinelDirectives(plan)).every(([directive, value]) => master[directive] === value) &&
    Object.entries(ownSentinelDirectives(plan)).every(([directive, value]) => (own[directive] ?? value) === value)
  );
}

/** Whether a Sentinel sees an instance down, by its flags; pure. */
export const isDown = (flags: string): boolean => /_down|disconnected/.test(flags);

/** Those of the instances that no member of the contract announces; pure. */
export function strangersAmong(contract: Contract, instances: readonly Fields[]): readonly Stranger[] {
  const own = new Set(membersOf(contract).map(({ announced }) => endpointText(announced)));
  return instances
    .map(({ ip, port, flags = "" }) => ({ address: `${ip}:${port}`, down: isDown(flags) }))
    .filter(({ address }) => !own.has(address));
}
