import { z } from "zod";
import { parseRawState, type RawState } from "./rawState";
import { askPulumi } from "./pulumi";
import { pulumiReason } from "./stack";
import { UserError } from "../config/userError";

/** Types of the resources that the commands look for. */
export const CONTAINER = "docker:index/container:Container";
export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  /** The engine's, of a container or a network. */
  id: z.string().optional(),
  /** `URN::ID` of the provider that made it. */
  provider: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
  protect: z.boolean().default(false),
  retainOnDelete: z.boolean().default(false),
  /** Replaced already, and still to be deleted. */
  delete: z.boolean().default(false),
});
export type ExportedResource = z.output<typeof resourceSchema>;

const exportSchema = z.object({
  deployment: z.object({
    resources: z.array(resourceSchema).nullish(),
    pending_operations: z.array(z.object({ type: z.string(), resource: resourceSchema })).nullish(),
  }),
});

/** What Pulumi knows of a stack, as far as the commands need it; secrets are encrypted in it unless they were asked for. */
export interface ExportedState {
  readonly resources: readonly ExportedResource[];
  /** What an update that was killed had begun to create: it may be there or not, and in any state. */
  readonly halfMade: readonly ExportedResource[];
}

/** Whether there is something of the stack: a stack or a component is recorded without an id, and nothing exists of it elsewhere. */
export const hasResources = ({ resources, halfMade }: ExportedState): boolean =>
  halfMade.length > 0 || resources.some(({ id }) => id !== undefined);

/** Endpoint of the engine that a resource is on, which its provider has. */
export function engineOf({ resources }: ExportedState, { provider = "" }: ExportedResource): string | undefined {
  const host = resources.find(({ urn, id }) => provider === `${urn}::${id}`)?.inputs.host;
  return typeof host === "string" ? host : undefined;
}

/** Reads what `pulumi stack export` prints. */
export function parseState(exported: unknown): ExportedState {
  const { resources, pending_operations: pending } = exportSchema.parse(exported).deployment;
  const creating = (pending ?? []).filter(({ type }) => type === "creating");
  return { resources: resources ?? [], halfMade: creating.map(({ resource }) => resource) };
}

/**
 * @param withSecrets readable, for a comparison; else encrypted.
 * @throws UserError when Pulumi does not give it.
 */
export async function exportState(stack: string, withSecrets = false): Promise<ExportedState> {
  return parseState(await exportJson(stack, withSecrets));
}

/**
 * The same with all that is in it, for who gives it back.
 *
 * @throws UserError when Pulumi does not give it.
 */
export const exportRaw = async (stack: string): Promise<RawState> => parseRawState(await exportJson(stack, false));

async function exportJson(stack: string, withSecrets: boolean): Promise<unknown> {
  const options = withSecrets ? ["--show-secrets"] : [];
  const result = await askPulumi(["stack", "export", ...options, "--stack", stack]);
  if (result.exitCode !== 0) {
    throw new UserError(`Pulumi cannot read stack "${stack}": ${pulumiReason(result.stderr)}`);
  }
  return JSON.parse(result.stdout);
}
