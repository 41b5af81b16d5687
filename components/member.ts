import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { DeploymentSettings } from "../config/schema";
import type { NodePlan, SentinelPlan } from "../config/plan";
import { bringSecrets } from "../changes/bring";
import { renderSecrets } from "../config/render/secrets";
import { IDENTITY_LABEL, KIND_LABEL, ownershipLabels, REVISION_LABEL } from "../config/labels";
import {
  DATA_DIR,
  GROUP_VARIABLE,
  NODE_HOME,
  NODE_PROGRAM,
  nodeCommand,
  nodeProgram,
  SECRETS_DIR,
  type NodeCommand,
} from "../node/program";
import { identityOf } from "../rollout/members";
import { revisionOf } from "../rollout/revision";
import { confinement } from "./confinement";
import type { RedisBase } from "./redisBase";

/** The fixed id of each Sentinel, by its name. */
export type SentinelIds = Readonly<Record<string, string>>;

/** What differs between a data node and a Sentinel. */
interface MemberFiles {
  /** The part of the node's program that the container runs. */
  readonly start: NodeCommand;
  /** Configuration by file name; a change of it is a new container. */
  readonly configuration: (ids: SentinelIds) => Readonly<Record<string, string>>;
  /** Only for who needs them in its configuration. */
  readonly ids?: pulumi.Output<SentinelIds>;
  /** What it knows of its group when the container is made; a running one is told of changes. */
  readonly group: pulumi.Input<string>;
  /** Memory limit in MiB; 0 is none. */
  readonly memoryLimitMb: number;
}

/** A member's container, and its id once the container has its secrets. */
export interface CreatedMember {
  readonly container: docker.Container;
  readonly ready: pulumi.Output<string>;
}

/**
 * The volumes and the container of one member.
 *
 * Names and addresses come from the plan as literals, never from another resource's outputs: a property that depends on
 * a resource and forces replacement would make the engine delete this container before it replaces that resource.
 */
export function createMember(
  parent: pulumi.Resource,
  base: RedisBase,
  member: NodePlan | SentinelPlan,
  files: MemberFiles,
): CreatedMember {
  const { plan } = base;
  const { settings } = plan;
  const { provider, image, network } = base.on(member.engine);
  const labels = base.owner.then((owner) => ownershipLabels(plan.name, owner));
  // A volume is never replaced for a label: one that the engine made by itself has none.
  const ofVolumes = { parent, provider, ignoreChanges: ["labels"] };
  const volume = new docker.Volume(
    member.volume,
    { name: member.volume, labels },
    { ...ofVolumes, ...volumeRetention(settings.dataVolumes) },
  );
  const secrets = new docker.Volume(member.secretsVolume, { name: member.secretsVolume, labels }, ofVolumes);
  // Everything that only a new container can change, and that the plan decides. What a running one can change stays out
  // of it: the revision would replace the container all the same.
  const fixed = {
    name: member.name,
    hostname: member.name,
    entrypoints: nodeCommand(files.start),
    command: [],
    ...confinement,
    workingDir: DATA_DIR,
    ...networkArgs(member),
    mounts: [
      { type: "volume", source: member.volume, target: DATA_DIR },
      { type: "volume", source: member.secretsVolume, target: SECRETS_DIR },
    ],
    healthcheck: {
      tests: ["CMD", ...nodeCommand("health")],
      interval: "5s",
      timeout: "3s",
      retries: 3,
      startPeriod: "10s",
    },
    stopTimeout: settings.stopGraceS,
    logDriver: "json-file",
    logOpts: { "max-size": `${settings.logMaxSizeMb}m`, "max-file": String(settings.logMaxFiles) },
  };
  // The ids are generated once and stay; with their names instead, the revision is known before any resource is.
  const configuration = files.configuration(Object.fromEntries(plan.sentinels.map(({ name }) => [name, name])));
  const program = nodeProgram();
  const ownLabels = [
    { label: KIND_LABEL, value: member.kind },
    { label: IDENTITY_LABEL, value: identityOf(plan, member) },
  ];
  const revision = revisionOf({ fixed, ownLabels, program, configuration });
  const turn = base.rollout.turn(member, revision);
  const ground: pulumi.Resource[] = network === undefined ? [volume, secrets] : [volume, secrets, network];
  const dependsOn: Promise<pulumi.Resource[]> = turn.then(() => ground);
  const ids = files.ids ?? pulumi.output({});
  const container = new docker.Container(
    member.name,
    {
      ...fixed,
      image: image.imageId,
      labels: labels.then((owned) => [...owned, ...ownLabels, { label: REVISION_LABEL, value: revision }]),
      ...limitArgs(settings, files.memoryLimitMb),
      envs: [pulumi.interpolate`${GROUP_VARIABLE}=${files.group}`],
      uploads: [
        { file: NODE_PROGRAM, content: program },
        ...Object.keys(configuration).map((file) => ({
          file: `${NODE_HOME}/${file}`,
          content: ids.apply((all) => files.configuration(all)[file]!),
        })),
      ],
      // Seen by a refresh only with mustRun: without it a stopped container would count as fine.
      mustRun: true,
      restart: settings.restart,
      // The grace period must be in the state before the first replacement: the old state's value is the one used.
      destroyGraceSeconds: settings.stopGraceS,
    },
    {
      parent,
      provider,
      dependsOn,
      deleteBeforeReplace: true,
      // Changes of these alone are otherwise ignored by the provider.
      replaceOnChanges: ["healthcheck", "tmpfs"],
      // The group's word changes while the container runs (see GroupSettings). A whole property, since a refresh puts
      // the uploads into another order.
      ignoreChanges: ["envs"],
    },
  );
  const ready = pulumi.all([container.id, base.secrets]).apply(async ([id, secrets]) => {
    if (!pulumi.runtime.isDryRun()) {
      await bringSecrets(member, renderSecrets(plan, member, secrets));
    }
    return id;
  });
  // The id is no secret, though it comes together with some.
  const id = pulumi.unsecret(ready);
  base.rollout.declared(member, id);
  return { container, ready: id };
}

function volumeRetention(dataVolumes: DeploymentSettings["dataVolumes"]): pulumi.CustomResourceOptions {
  return { protect: dataVolumes === "protect", retainOnDelete: dataVolumes === "keep" };
}

function networkArgs(member: NodePlan | SentinelPlan): Partial<docker.ContainerArgs> {
  if (member.attachment === undefined) {
    return { networkMode: "host" };
  }
  const { network, address } = member.attachment;
  return {
    networksAdvanced: [{ name: network, ipv4Address: address }],
    ports: [{ internal: member.listenPort, external: member.hostPort, ip: member.bindAddress }],
  };
}

function limitArgs(settings: DeploymentSettings, memoryLimitMb: number): Partial<docker.ContainerArgs> {
  return {
    // Both or none: with memory alone the engine doubles it for swap, and every refresh would show a drift.
    ...(memoryLimitMb > 0 ? { memory: memoryLimitMb, memorySwap: memoryLimitMb } : {}),
    ...(settings.cpuShares > 0 ? { cpuShares: settings.cpuShares } : {}),
    ...(settings.cpuSet !== "" ? { cpuSet: settings.cpuSet } : {}),
  };
}
