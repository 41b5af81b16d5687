import * as pulumi from "@pulumi/pulumi";
import type { DeploymentPlan } from "../config/plan";
import { buildContract, contractFacts, type ContractFacts } from "../outputs/buildContract";
import type { Contract } from "../outputs/contract";
import type { Surveys } from "../engine/survey";
import { PACKAGE } from "./args";
import { GroupSettings } from "./groupSettings";
import { RedisBase } from "./redisBase";
import { RedisMaster } from "./redisMaster";
import { RedisReplica } from "./redisReplica";
import { SentinelGroup } from "./sentinelGroup";
import { followMaster, runChecks } from "./verification";

export interface RedisDeploymentArgs {
  /** What to deploy, from `planDeployment`. */
  readonly plan: DeploymentPlan;
  /** What the engines have now, where somebody has looked already; else it looks itself. */
  readonly surveys?: Surveys;
  /** Value of the label by which the stack knows its own things; by default found out from its state. */
  readonly owner?: string;
}

/** A whole deployment: the initial master, its replicas, the Sentinels if the topology has them, and the checks. */
export class RedisDeployment extends pulumi.ComponentResource {
  readonly master: RedisMaster;
  readonly replicas: readonly RedisReplica[];
  readonly sentinels: SentinelGroup | undefined;
  /** What changes without a restart. */
  readonly settings: GroupSettings;
  /** What anyone may know of it; all decided ahead. */
  readonly facts: ContractFacts;
  /** Whether all connections are encrypted. */
  readonly encrypted: boolean;
  /** What applications and commands need to know, secrets included. */
  readonly contract: pulumi.Output<Contract>;
  /** There once the checks have passed; in a preview at once. */
  readonly checked: pulumi.Output<void>;

  constructor(name: string, args: RedisDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { plan, surveys, owner } = args;
    super(`${PACKAGE}:index:RedisDeployment`, name, { topology: plan.settings.topology }, opts);
    const own = { parent: this };
    const base = new RedisBase(name, { plan, surveys, owner }, own);
    const [master, ...replicas] = plan.nodes;
    this.master = new RedisMaster(master!.name, { base, node: master! }, own);
    this.replicas = replicas.map((node) => new RedisReplica(node.name, { base, node }, own));
    this.sentinels = plan.sentinels.length > 0 ? new SentinelGroup(`${name}-sentinels`, { base }, own) : undefined;

    this.facts = contractFacts(plan);
    this.encrypted = plan.settings.tls;
    const planned = base.secrets.apply((secrets) => buildContract(plan, secrets));
    const ids = [...[this.master, ...this.replicas].map(({ ready }) => ready), ...(this.sentinels?.ready ?? [])];
    const running = pulumi.all([planned, pulumi.all(ids)]).apply(([contract]) => contract);
    const sentinelIds = this.sentinels?.ids ?? {};
    const told = { plan, running, sentinelIds, secrets: base.secrets, owner: base.owner };
    this.settings = new GroupSettings(`${name}-settings`, told, own);
    const { settled } = this.settings;
    const current = this.sentinels === undefined ? settled.apply(followMaster) : settled;
    this.checked = runChecks(current, this);
    // With Sentinels nothing in the outputs depends on the containers, and a preview can tell that they stay the same.
    // No output waits for the checks: when they fail, `status` and `logs` need the outputs most.
    this.contract = this.sentinels === undefined ? current : planned;
    this.registerOutputs({ masterName: plan.settings.masterName });
  }
}
