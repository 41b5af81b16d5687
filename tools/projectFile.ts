import { parseDocument } from "yaml";
import { DEPLOYMENTS_DESCRIPTION, DEPLOYMENTS_KEY, type SettingName } from "../config/schema";
import { allowedText, settingsJsonSchema } from "../config/settings";

/** The declarations of all settings in `Pulumi.yaml`, from the schema. */

/** One declaration of `Pulumi.yaml`'s `config` section. */
interface Declaration {
  readonly type: string;
  readonly description: string;
  readonly default: unknown;
  readonly items?: { readonly type: string };
}

/** The declarations of all settings, in the schema's order. */
export function declarations(): Record<SettingName | typeof DEPLOYMENTS_KEY, Declaration> {
  const settings = Object.entries(settingsJsonSchema.properties ?? {}).map(([name, schema]) => [
    name,
    {
      type: schema.type!,
      description: `${schema.description} Allowed: ${allowedText(schema)}.`,
      default: schema.default,
      ...(schema.items === undefined ? {} : { items: { type: schema.items.type! } }),
    },
  ]);
  return {
    ...(Object.fromEntries(settings) as Record<SettingName, Declaration>),
    [DEPLOYMENTS_KEY]: { type: "object", description: DEPLOYMENTS_DESCRIPTION, default: {} },
  };
}

/** `Pulumi.yaml` with its `config` section as the schema has it. */
export function generatedProjectFile(current: string): string {
  const document = parseDocument(current);
  document.set("config", document.createNode(declarations()));
  return document.toString({ lineWidth: 0 });
}
