import * as pulumi from "@pulumi/pulumi";
import { failure } from "./failure";
import { fixCommand, pathText } from "./places";
import { nearestName, SettingsError, shownName, type Problem } from "./problems";
import { DEPLOYMENTS_KEY, secretSettings, settingNames, type DeploymentOverrides, type SettingName } from "./schema";
import { parseStackSettings, settingsJsonSchema, type StackSettings } from "./settings";

/**
 * The stack's settings, from its configuration.
 *
 * @throws pulumi.RunError with every problem at once, which Pulumi prints without a stack trace.
 */
export function readStackSettings(): StackSettings {
  const prefix = `${pulumi.getProject()}:`;
  // From entries, since an assignment would take `__proto__` for something else.
  const raw: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), decodeValue(key.slice(prefix.length), value)]),
  );
  const problems = [
    ...otherNamespaces(Object.keys(pulumi.runtime.allConfig()), pulumi.getProject()),
    ...plainSecrets(raw, prefix),
  ];
  const parsed = settingsOrProblems(raw);
  if (problems.length > 0 || !("deployments" in parsed)) {
    // Once for each setting: one that stands in plain text has to be set anew whatever it is.
    const named = new Set(problems.map(({ path }) => path));
    const others = "deployments" in parsed ? [] : parsed.problems.filter(({ path }) => !named.has(path));
    throw failure(new SettingsError([...problems, ...others]).message);
  }
  return parsed;
}

function settingsOrProblems(raw: Readonly<Record<string, unknown>>): StackSettings | SettingsError {
  try {
    return parseStackSettings(raw);
  } catch (error) {
    if (error instanceof SettingsError) {
      return error;
    }
    throw error;
  }
}

/** A setting of this program's in a namespace whose name is nearly its own: nobody would read it. */
function otherNamespaces(keys: readonly string[], project: string): readonly Problem[] {
  return keys.flatMap((key) => {
    const [namespace = "", name = ""] = key.split(/:(.*)/s);
    const isMeant = isSetting(name) && namespace !== project && nearestName(namespace, [project]) !== undefined;
    const reason = `no program has this name; did you mean ${project}:${name}? Correct it in the stack's file`;
    return isMeant ? [{ path: shownName(key), reason }] : [];
  });
}

function plainSecrets(raw: Readonly<Record<string, unknown>>, prefix: string): readonly Problem[] {
  const several = Object.entries((raw[DEPLOYMENTS_KEY] ?? {}) as Readonly<Record<string, DeploymentOverrides | null>>);
  const given = secretSettings.flatMap((secret) => [
    ...(raw[secret] ? [{ key: secret, path: [secret] }] : []),
    ...several
      .filter(([, settings]) => settings?.[secret])
      .map(([name]) => ({ key: DEPLOYMENTS_KEY, path: [DEPLOYMENTS_KEY, name, secret] })),
  ]);
  const plain = given.filter(({ key }) => !isConfigSecret(`${prefix}${key}`)).map(({ path }) => pathText(path));
  return plain.map((path) => {
    const fix = `${fixCommand("set --secret", path)}, or remove it${path.endsWith("previousPassword") ? "" : " for a generated one"}`;
    return { path, reason: `stands in plain text in the stack's file; fix: ${fix}` };
  });
}

/** The SDK knows this but does not declare it in its types. */
function isConfigSecret(key: string): boolean {
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}

const isSetting = (name: string): boolean => name === DEPLOYMENTS_KEY || settingNames.includes(name as SettingName);

/** Configuration reaches a program as text; what is not text in the schema is JSON in it. */
export function decodeValue(name: string, value: string): unknown {
  const isText = settingsJsonSchema.properties?.[name as SettingName]?.type === "string";
  if (isText || !isSetting(name)) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
