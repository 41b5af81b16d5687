import { z } from "zod";
import { askPulumi } from "./pulumi";
import { pulumiReason } from "./stack";
import { UserError } from "../config/userError";

const resourceSchema = z.looseObject({
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

const exportSchema = z.looseObject({
  deployment: z.looseObject({
    resources: z
      .array(resourceSchema)
      .nullish()
      .transform((all) => all ?? []),
    pending_operations: z.array(z.looseObject({ type: z.string(), resource: resourceSchema })).nullish(),
  }),
});
/** What `pulumi stack export` prints, with all that is not read here, for who gives it back. */
export type RawState = z.output<typeof exportSchema>;

export const parseRawState = (exported: unknown): RawState => exportSchema.parse(exported);

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

/** The part of it that the commands need. */
export function stateOf({ deployment: { resources, pending_operations: pending } }: RawState): ExportedState {
  const creating = (pending ?? []).filter(({ type }) => type === "creating");
  return { resources, halfMade: creating.map(({ resource }) => resource) };
}

/** Reads what `pulumi stack export` prints. */
export const parseState = (exported: unknown): ExportedState => stateOf(parseRawState(exported));

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
