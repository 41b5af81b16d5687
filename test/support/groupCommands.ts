import { failOver, planFailover } from "../../handover/failover";
import { withGroup as withConnections } from "../../handover/group";
import type { NodeRunner } from "../../handover/inside";
import { buildContract } from "../../outputs/buildContract";
import type { Contract } from "../../outputs/contract";
import type { Group } from "./processes";

/** What the commands do to a deployment, done to a group of bare processes. */

/** The outputs of the group, were it deployed. */
export const contractOf = (group: Group): Contract => buildContract(group.plan, group.secrets);

/** Runs the hand-over beside the master's process, as in its container. */
export const runnerOf =
  (group: Group): NodeRunner =>
  (node, words, onLine) =>
    group.nodes.find(({ name }) => name === node.name)!.watch("handover", words, onLine);

/** Runs a planned failover and gives what it said, and what came of it. */
export async function handOver(group: Group, wanted?: string) {
  const steps: string[] = [];
  const result = await withConnections(contractOf(group), async (connections) => {
    const plan = await planFailover(connections, wanted);
    return failOver(connections, plan, { say: (line) => steps.push(line) }, runnerOf(group));
  });
  return { name: result.master.name, pausedMs: result.pausedMs, steps };
}
