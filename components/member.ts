import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { DeploymentSettings } from "../config/schema";
import type { NodePlan, SentinelPlan } from "../config/plan";
import { KIND_LABEL, ownershipLabels } from "../config/labels";
import { DATA_DIR, NODE_HOME, NODE_PROGRAM, nodeCommand, nodeProgram, type NodeCommand } from "../node/program";
import { stackIdentity, type RedisBase } from "./redisBase";

/** What differs between a data node and a Sentinel. */
interface MemberFiles {
  /** The part of the node's program that the container runs. */
  readonly start: NodeCommand;
  /** Configuration by file name. */
  readonly configuration: Readonly<Record<string, pulumi.Input<string>>>;
  /** What it knows of its group when the container is made; a running one is told of changes. */
  readonly group: pulumi.Input<string>;
  /** Memory limit in MiB; 0 is none. */
  readonly memoryLimitMb: number;
}

/** The redis user of the official image and of the one that the tool chain builds. */
const REDIS_USER = "999";

/**
 * The volume and the container of one member.
 *
 * Names and addresses come from the plan as literals, never from another resource's outputs: a property that depends on
 * a resource and forces replacement would make the engine delete this container before it replaces that resource.
 */
export function createMember(
  parent: pulumi.Resource,
  base: RedisBase,
  member: NodePlan | SentinelPlan,
  files: MemberFiles,
): docker.Container {
  const { plan } = base;
  const { settings } = plan;
  const { provider, image, network } = base.on(member.engine);
  const labels = ownershipLabels(plan.name, stackIdentity());
  const volume = new docker.Volume(
    member.volume,
    { name: member.volume, labels },
    { parent, provider, ...volumeRetention(settings.dataVolumes) },
  );
  return new docker.Container(
    member.name,
    {
      name: member.name,
      hostname: member.name,
      image: image.imageId,
      entrypoints: nodeCommand(files.start),
      command: [],
      user: REDIS_USER,
      workingDir: DATA_DIR,
      labels: [...labels, { label: KIND_LABEL, value: member.kind }],
      ...networkArgs(member),
      ...limitArgs(settings, files.memoryLimitMb),
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges"],
      mounts: [{ type: "volume", source: member.volume, target: DATA_DIR }],
      uploads: [
        { file: `${NODE_HOME}/group.env`, content: files.group },
        { file: NODE_PROGRAM, content: nodeProgram() },
        ...Object.entries(files.configuration).map(([file, content]) => ({ file: `${NODE_HOME}/${file}`, content })),
        { file: `${NODE_HOME}/password`, content: base.password },
      ],
      healthcheck: {
        tests: ["CMD", ...nodeCommand("health")],
        interval: "5s",
        timeout: "3s",
        retries: 3,
        startPeriod: "10s",
      },
      // Seen by a refresh only with mustRun: without it a stopped container would count as fine.
      mustRun: true,
      restart: settings.restart,
      // The grace period must be in the state before the first replacement: the old state's value is the one used.
      destroyGraceSeconds: settings.stopGraceS,
      stopTimeout: settings.stopGraceS,
      logDriver: "json-file",
      logOpts: { "max-size": `${settings.logMaxSizeMb}m`, "max-file": String(settings.logMaxFiles) },
    },
    {
      parent,
      provider,
      dependsOn: network === undefined ? [volume] : [volume, network],
      deleteBeforeReplace: true,
      // Changes of the health check alone are otherwise ignored by the provider.
      replaceOnChanges: ["healthcheck"],
      // The group's word changes while the container runs (see GroupSettings); its place is the first.
      ignoreChanges: ["uploads[0].content"],
    },
  );
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
