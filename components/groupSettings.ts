import * as pulumi from "@pulumi/pulumi";
import { settleGroup } from "../changes/settle";
import { useSecrets } from "../changes/bring";
import { liveRedisLines, liveSentinelDirectives, ownSentinelDirectives } from "../config/liveDirectives";
import type { DeploymentPlan } from "../config/plan";
import type { GroupSecrets } from "../config/secrets";
import { singleCommands } from "../config/users";
import type { Contract } from "../outputs/contract";
import { PACKAGE } from "./args";

export interface GroupSettingsArgs {
  readonly plan: DeploymentPlan;
  /** The contract, once all members of the plan run. */
  readonly running: pulumi.Output<Contract>;
  /** Passwords of all users, and certificates. */
  readonly secrets: pulumi.Input<GroupSecrets>;
  /** The fixed id of each Sentinel, by its name. */
  readonly sentinelIds: pulumi.Input<Readonly<Record<string, string>>>;
  /** Value of the label that the deployment's containers carry. */
  readonly owner: pulumi.Input<string>;
}

/**
 * What changes in a running group without a restart: the settings that servers change by CONFIG SET, SENTINEL SET and
 * SENTINEL CONFIG SET, and who is a member.
 *
 * Its inputs are those settings, directive by directive, so that a preview shows exactly what changes. Every update
 * compares them with what the members have, whatever the state says.
 */
export class GroupSettings extends pulumi.ComponentResource {
  /** The contract, once the group has what the plan says. */
  readonly settled: pulumi.Output<Contract>;

  constructor(name: string, args: GroupSettingsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { plan, running, sentinelIds, secrets, owner } = args;
    super(`${PACKAGE}:index:GroupSettings`, name, { ...liveInputs(plan), secrets }, opts);
    this.settled = pulumi.all([running, sentinelIds, secrets, owner]).apply(async ([contract, ids, all, label]) => {
      if (!pulumi.runtime.isDryRun()) {
        const say = (line: string): void => void pulumi.log.info(line, this);
        await useSecrets(plan, contract, all, say);
        await settleGroup({ plan, contract, sentinelIds: ids, owner: label, say });
      }
      return contract;
    });
    this.registerOutputs({});
  }
}

/** Directives by name; those that may be given several times are lists. */
function liveInputs(plan: DeploymentPlan): Record<string, unknown> {
  const redis: Record<string, string[]> = {};
  for (const line of liveRedisLines(plan)) {
    const [directive, ...values] = line.split(" ");
    (redis[directive!] ??= []).push(values.join(" "));
  }
  return {
    topology: plan.settings.topology,
    users: userInputs(plan),
    nodes: plan.nodes.map((node) => node.name),
    redis: Object.fromEntries(Object.entries(redis).map(([key, all]) => [key, all.length === 1 ? all[0] : all])),
    ...(plan.sentinels.length === 0
      ? {}
      : {
          sentinels: plan.sentinels.map((one) => one.name),
          sentinel: { ...ownSentinelDirectives(plan), ...liveSentinelDirectives(plan) },
        }),
  };
}

/** What a preview shows of the users: everything but their passwords. */
function userInputs({ settings }: DeploymentPlan): Record<string, unknown> {
  const { appKeys, users, defaultUser, rotations } = settings;
  // A property for each single command, since a preview may show the names of properties alone.
  const commands = Object.entries(singleCommands(settings)).map(([user, names]) => [
    user,
    Object.fromEntries(names.map((name) => [name.replace("|", " "), true])),
  ]);
  return { appKeys, own: users, defaultUser, rotations, commands: Object.fromEntries(commands) };
}
