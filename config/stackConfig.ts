import * as pulumi from "@pulumi/pulumi";
import { failure } from "./failure";
import { SettingsError } from "./problems";
import { DEPLOYMENTS_KEY, settingNames, type SettingName } from "./schema";
import { parseStackSettings, settingsJsonSchema, type StackSettings } from "./settings";

/**
 * The stack's settings, from its configuration.
 *
 * @throws pulumi.RunError with every problem at once, which Pulumi prints without a stack trace.
 */
export function readStackSettings(): StackSettings {
  const prefix = `${pulumi.getProject()}:`;
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(prefix)) {
      const name = key.slice(prefix.length);
      raw[name] = decodeValue(name, value);
    }
  }
  try {
    refusePlainPassword(raw, prefix);
    return parseStackSettings(raw);
  } catch (error) {
    throw error instanceof SettingsError ? failure(error.message) : error;
  }
}

function refusePlainPassword(raw: Readonly<Record<string, unknown>>, prefix: string): void {
  if (raw.password && !isConfigSecret(`${prefix}password`)) {
    const reason =
      "stands in plain text in the stack's file; fix: pulumi config set --secret password, or remove it for a generated one";
    throw new SettingsError([{ path: "password", reason }]);
  }
}

/** The SDK knows this but does not declare it in its types. */
function isConfigSecret(key: string): boolean {
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}

/** Configuration reaches a program as text; what is not text in the schema is JSON in it. */
export function decodeValue(name: string, value: string): unknown {
  const isText = settingsJsonSchema.properties?.[name as SettingName]?.type === "string";
  const isKnown = name === DEPLOYMENTS_KEY || settingNames.includes(name as SettingName);
  if (isText || !isKnown) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
