import assert from "node:assert/strict";
import { renderSecrets } from "../../config/render/secrets";
import type { UserPasswords } from "../../config/users";
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

/** Brings passwords as `up` does it: all members accept, then all use. */
export async function bring(group: Group, passwords: UserPasswords, step: "accept" | "use"): Promise<void> {
  await Promise.all(
    group.members.map(async (member) => {
      const secrets = renderSecrets(group.plan, member.plan, { passwords });
      if (step === "accept") {
        member.bringSecrets(secrets);
      }
      const { code, output } = await member.run("secrets", step, secrets.term);
      assert.equal(code, 0, `${member.name}: ${output}`);
    }),
  );
}

/** The passwords with a new one of each user beside the ones of now. */
export const rotated = (passwords: UserPasswords, count: number): UserPasswords =>
  Object.fromEntries(Object.entries(passwords).map(([user, all]) => [user, [`${user}-rotated-${count}`, ...all]]));

/** The passwords with the newest of each user alone. */
export const newestOnly = (passwords: UserPasswords): UserPasswords =>
  Object.fromEntries(Object.entries(passwords).map(([user, all]) => [user, all.slice(0, 1)]));
