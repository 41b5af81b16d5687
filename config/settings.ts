import { z } from "zod";
import { fixCommand, pathText, WHOLE_STACK } from "./places";
import { nearestName, SettingsError, shown, type Problem } from "./problems";
import { ruleProblems, ruleWarnings, type PlacedSettings } from "./rules";
import {
  DEPLOYMENTS_KEY,
  deploymentSchema,
  isSecretSetting,
  overridesSchema,
  settingNames,
  type DeploymentOverrides,
  type DeploymentSettings,
} from "./schema";

/** The settings of a stack: at least one deployment, and what is worth a warning but no error. */
export interface StackSettings {
  readonly deployments: readonly DeploymentSettings[];
  readonly warnings: readonly string[];
}

interface Parsed {
  readonly placed: readonly PlacedSettings[];
  readonly problems: readonly Problem[];
}

/**
 * Turns what a person configured into complete settings.
 *
 * @param raw every configured value by its name in the project's namespace, decoded from JSON where it is not text.
 * @throws SettingsError with every problem there is, not just the first.
 */
export function parseStackSettings(raw: Readonly<Record<string, unknown>>): StackSettings {
  const { [DEPLOYMENTS_KEY]: several, ...base } = raw;
  const { placed, problems } = several === undefined || isEmpty(several) ? parseOne(base) : parseSeveral(base, several);
  const allProblems = [...problems, ...(problems.length === 0 ? ruleProblems(placed) : [])];
  if (allProblems.length > 0) {
    throw new SettingsError(allProblems);
  }
  return { deployments: placed.map(({ settings }) => settings), warnings: placed.flatMap(ruleWarnings) };
}

/**
 * Complete settings of one deployment, for programs that use the components by themselves.
 *
 * @throws SettingsError with every problem there is.
 */
export function parseDeployment(overrides: DeploymentOverrides): DeploymentSettings {
  return parseStackSettings(overrides).deployments[0]!;
}

function parseOne(base: Readonly<Record<string, unknown>>): Parsed {
  const result = deploymentSchema.safeParse(base);
  return result.success
    ? { placed: [{ settings: result.data, place: WHOLE_STACK }], problems: [] }
    : { placed: [], problems: problemsOf(result.error, base, [], [...settingNames, DEPLOYMENTS_KEY]) };
}

function parseSeveral(base: Readonly<Record<string, unknown>>, several: unknown): Parsed {
  if (typeof several !== "object" || several === null || Array.isArray(several)) {
    const reason = `got ${kindOf(several)}; allowed: an object of deployments, name -> settings; fix: ${fixCommand("set", `${DEPLOYMENTS_KEY}.cache.redisPort`, "6480")}`;
    return { placed: [], problems: [{ path: DEPLOYMENTS_KEY, reason }] };
  }
  const baseResult = overridesSchema.safeParse(base);
  const problems = baseResult.success ? [] : problemsOf(baseResult.error, base, [], [...settingNames, DEPLOYMENTS_KEY]);
  const placed: PlacedSettings[] = [];
  for (const [name, given] of Object.entries(several)) {
    const path = [DEPLOYMENTS_KEY, name];
    const own = overridesSchema.safeParse(given);
    if (!own.success) {
      problems.push(...problemsOf(own.error, given, path, settingNames));
      continue;
    }
    const merged = deploymentSchema.safeParse({ ...base, name, ...own.data });
    if (merged.success) {
      const inherited = new Set(Object.keys(base).filter((setting) => !Object.hasOwn(own.data, setting)));
      placed.push({ settings: merged.data, place: { key: name, inherited } });
    } else if (baseResult.success) {
      problems.push(...problemsOf(merged.error, { name }, path, settingNames));
    }
  }
  return { placed, problems };
}

function isEmpty(value: unknown): boolean {
  return value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

/** What is shown of something that may have a password in it. */
function kindOf(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  if (typeof value === "object") {
    return value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
  }
  return typeof value === "string" ? "text" : `a ${typeof value}`;
}

/** Texts that may have a password or a key in them: rightly, or because something else was given by mistake. */
const UNSHOWN = ["extraRedisConf", "hosts.endpoint", "tlsAuthorities", "tlsCertificate"];

function gotText(path: readonly PropertyKey[], value: unknown): string {
  if (isSecretSetting(path[0])) {
    return "a value that does not fit";
  }
  const { type = "object" } = schemaAt(path) ?? {};
  const name = path.filter((part) => typeof part === "string").join(".");
  // A whole list or object may have one of them in it at a place that nobody has thought of.
  const isWhole = type === "object" || type === "array" || typeof value === "object";
  return isWhole || UNSHOWN.includes(name) ? kindOf(value) : shown(value);
}

function problemsOf(
  error: z.ZodError,
  given: unknown,
  prefix: readonly PropertyKey[],
  known: readonly string[],
): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const inside = Object.keys(schemaAt(issue.path)?.properties ?? {});
      return issue.keys.map((key) =>
        unknownName([...prefix, ...issue.path], key, issue.path.length > 0 ? inside : known),
      );
    }
    const rule = allowedAt(issue.path);
    const path = pathText([...prefix, ...issue.path]);
    const value = valueAt(given, issue.path);
    const got = gotText(issue.path, value);
    const meant = typeof value === "string" ? nearestName(value, schemaAt(issue.path)?.enum ?? []) : undefined;
    const fix = fixCommand(rule.secret ? "set --secret" : "set", path, meant ?? rule.example);
    return [{ path, reason: `got ${got}; allowed: ${rule.allowed}; fix: ${fix}` }];
  });
}

function unknownName(path: readonly PropertyKey[], key: string, known: readonly string[]): Problem {
  const nearest = nearestName(key, known);
  const where = pathText([...path, key]);
  const hint = nearest === undefined ? `known are ${known.join(", ")}; fix` : `did you mean ${nearest}? Fix`;
  return { path: where, reason: `no such setting; ${hint}: ${fixCommand("rm", where)}` };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

/** The parts of JSON Schema that the settings use. */
interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly allowed?: string;
  readonly example?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The settings as JSON Schema: what errors, `Pulumi.yaml` and the documentation are made from. */
export const settingsJsonSchema = z.toJSONSchema(deploymentSchema, { io: "input" }) as JsonSchema;

const schemaAt = (path: readonly PropertyKey[]): JsonSchema | undefined =>
  path.reduce<JsonSchema | undefined>(
    (at, key) => (typeof key === "number" ? at?.items : at?.properties?.[String(key)]),
    settingsJsonSchema,
  );

function allowedAt(path: readonly PropertyKey[]): { allowed: string; example: string; secret: boolean } {
  const schema = schemaAt(path) ?? {};
  return { allowed: allowedText(schema), example: exampleFor(schema), secret: isSecretSetting(path[0]) };
}

/** The values that a setting takes, in words: "a whole number from 0 to 20". */
export function allowedText(schema: JsonSchema): string {
  if (schema.enum !== undefined) {
    return `one of ${schema.enum.join(", ")}`;
  }
  switch (schema.type) {
    case "integer":
      return `a whole number from ${schema.minimum} to ${schema.maximum}`;
    case "boolean":
      return "true or false";
    case "array":
      return `a list of at most ${schema.maxItems} items, each ${allowedText(schema.items ?? {})}`;
    case "object":
      return `an object with ${Object.keys(schema.properties ?? {}).join(", ")}`;
    default:
      return schema.allowed ?? "text";
  }
}

function exampleFor(schema: JsonSchema): string {
  const { default: value } = schema;
  if (schema.example !== undefined) {
    return schema.example;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  return typeof value === "string" && value !== "" ? (/^[\w.:-]+$/.test(value) ? value : `'${value}'`) : "VALUE";
}
