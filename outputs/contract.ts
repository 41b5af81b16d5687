import { z } from "zod";
import { nearestName } from "../config/problems";

/**
 * What a stack gives to the applications' stacks, the checks and the commands. Raised when a consumer written for the
 * older one would break.
 */
export const CONTRACT_VERSION = 2;

const endpoint = z
  .object({ host: z.string(), port: z.int() })
  .meta({ id: "Endpoint", description: "Where something listens." });

const member = endpoint
  .extend({
    name: z.string().describe("Name of the container. `host` and `port` are where the engine's host reaches it."),
    announced: endpoint.describe("Where the members of the group reach it; what Redis and Sentinel answer with."),
    engine: z.string().describe("Address of the Docker engine that it runs on."),
  })
  .meta({ id: "Member", description: "A data node or a Sentinel." });

const tls = z
  .object({
    ca: z.string().describe("Certificates of the authorities to trust."),
    cert: z
      .string()
      .optional()
      .describe("What a client shows; only where the setting `tlsClientCertificates` lets it."),
    key: z.string().optional().describe("Private key of `cert`."),
  })
  .meta({
    id: "ClientTls",
    description: "What a client needs for TLS, as Node's and so ioredis's options have it; PEM text.",
  });

const connection = z
  .object({
    sentinels: z
      .array(endpoint)
      .optional()
      .describe("Sentinels to ask for the master; absent in the replication topology."),
    name: z
      .string()
      .optional()
      .describe("Name of the master to ask the Sentinels for; absent in the replication topology."),
    host: z.string().optional().describe("The master of the moment; only in the replication topology."),
    port: z.int().optional().describe("Port of `host`."),
    username: z.string().describe("The user `app`."),
    password: z.string().describe("The password of `app`."),
    sentinelUsername: z.string().optional().describe("The user `app` on the Sentinels."),
    sentinelPassword: z.string().optional().describe("The password of `app` on the Sentinels."),
    connectTimeout: z
      .int()
      .optional()
      .describe("Milliseconds for a connection to be made: an address that is gone does not answer."),
    sentinelCommandTimeout: z
      .int()
      .optional()
      .describe("Milliseconds for a Sentinel to answer, before the next one is asked; absent without Sentinels."),
    tls: tls.optional().describe("Only with TLS."),
    sentinelTLS: tls.optional().describe("The same for the Sentinels."),
    enableTLSForSentinelMode: z.boolean().optional().describe("Makes ioredis use TLS for nodes that Sentinels named."),
    natMap: z
      .record(z.string(), endpoint)
      .optional()
      .describe("Announced address -> address for clients outside the Docker network; absent where none is needed."),
  })
  .meta({
    id: "Connection",
    description: "Options of ioredis (`new Redis(connection)`), plain enough for any client.",
  });

const contract = z.object({
  contractVersion: z
    .literal(CONTRACT_VERSION)
    .describe("Raised when a consumer written for the older one would break."),
  deployment: z.string().describe("Name of the deployment."),
  topology: z.enum(["sentinel", "replication"]).describe("Whether Sentinels fail over, or a person does."),
  masterName: z.string().describe("Name under which Sentinel knows the group."),
  quorum: z.int().describe("Sentinels that must agree that the master is down."),
  checkTimeoutS: z.int().describe("Seconds that the checks wait for the group to converge, from its last progress on."),
  network: z
    .string()
    .optional()
    .describe("Docker network on which containers reach the announced addresses; absent on the host's network."),
  sentinels: z.array(member).describe("The Sentinels; none in the replication topology."),
  nodes: z.array(member).describe("The data nodes, the initial master first."),
  natMap: z
    .record(z.string(), endpoint)
    .describe("Announced address -> address from outside the Docker network; empty where they are the same."),
  users: z
    .record(z.string(), z.string())
    .describe("Passwords by the user's name; the same on the data nodes and on the Sentinels."),
  tls: tls.optional().describe("What a client needs for TLS; only with TLS."),
  connection: connection.describe("Options of a client, as the user `app`."),
});

/** The contract as JSON Schema, for programs in other languages. */
export const contractJsonSchema = (): unknown => z.toJSONSchema(contract);

/** Where something listens. */
export type ContractEndpoint = Readonly<z.output<typeof endpoint>>;
/** A data node or a Sentinel, as the outputs name it. */
export type ContractMember = Readonly<z.output<typeof member>>;
/** What a client needs for TLS. */
export type ClientTls = Readonly<z.output<typeof tls>>;
/** Options from which a client is built in one call; secret, since it holds the password. */
export type Connection = Readonly<z.output<typeof connection>>;
/** The outputs of one deployment. */
export type Contract = Readonly<z.output<typeof contract>>;

const outputsSchema = z.record(z.string(), z.unknown());
type Outputs = Readonly<z.output<typeof outputsSchema>>;

/** What Pulumi shows in the place of a secret. */
const MASKED = "[secret]";

/** The outputs of a stack are not those of this project, or of another version of it. */
export class ContractError extends Error {
  /** Pulumi's mark (`RunError.isInstance`) of an error whose sentence says it all; Pulumi itself is not loaded here. */
  readonly __pulumiRunError = true;

  constructor(message: string) {
    super(message);
    this.name = "ContractError";
    // Pulumi prints a stack trace wherever there is one, and here the sentence says it all.
    this.stack = undefined;
  }
}

/**
 * Reads the outputs of a stack: `requireOutput` of a StackReference, or `pulumi stack output --json --show-secrets`.
 *
 * @param outputs all outputs of the stack, secrets included.
 * @param deployment which deployment of a stack with several; by default its first.
 * @throws ContractError that says what is missing, or which version was met.
 */
export function parseContract(outputs: unknown, deployment?: string): Contract {
  const all = outputsSchema.safeParse(outputs);
  if (!all.success || Object.keys(all.data).length === 0) {
    throw new ContractError(
      "The stack has no outputs; deploy it first (`npm run up`), and read them with --show-secrets.",
    );
  }
  // Before one is chosen: in outputs of another version, or masked ones, there is none to choose.
  requireReadable(all.data);
  const chosen = deployment === undefined ? all.data : chooseDeployment(all.data, deployment);
  requireReadable(chosen);
  const parsed = contract.safeParse(chosen);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new ContractError(`The stack's outputs do not fit contract version ${CONTRACT_VERSION}: ${issues}.`);
  }
  return parsed.data;
}

/** The version first: of another one, nothing else is known. */
function requireReadable({ contractVersion: version, connection, deployments }: Outputs): void {
  if (version !== CONTRACT_VERSION) {
    throw new ContractError(
      version === undefined
        ? "The stack has no output `contractVersion`, so it is not a stack of this project."
        : `The stack's outputs have contract version ${JSON.stringify(version)}, this reader knows ${CONTRACT_VERSION}; bring the older of the two up to date.`,
    );
  }
  if (connection === MASKED || deployments === MASKED) {
    throw new ContractError("The stack's secret outputs are masked; read them with --show-secrets.");
  }
}

function chooseDeployment(outputs: Outputs, deployment: string): Outputs {
  if (outputs.deployment === deployment) {
    return outputs;
  }
  const several = outputsSchema.safeParse(outputs.deployments ?? {}).data ?? {};
  // What every object has, such as `constructor`, is no deployment.
  const found = Object.hasOwn(several, deployment) ? outputsSchema.safeParse(several[deployment]) : undefined;
  if (found === undefined) {
    const known = [...new Set([String(outputs.deployment), ...Object.keys(several)])];
    const nearest = nearestName(deployment, known);
    const hint = nearest === undefined ? `there are ${known.join(", ")}.` : `did you mean ${nearest}?`;
    throw new ContractError(`The stack has no deployment "${deployment}"; ${hint}`);
  }
  if (!found.success) {
    throw new ContractError(
      `The stack's outputs do not fit contract version ${CONTRACT_VERSION}: deployments.${deployment}: not an object.`,
    );
  }
  return found.data;
}
