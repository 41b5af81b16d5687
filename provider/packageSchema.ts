import { PACKAGE } from "../components/args";
import { isSecretSetting } from "../config/schema";
import { settingsJsonSchema } from "../config/settings";
import { contractJsonSchema } from "../outputs/contract";
import { secretOutputs } from "../outputs/stackOutputs";
import { TypeSpecs, type JsonSchema, type NamedTypeSpec, type PropertySpec } from "./typeSpecs";

/** Type of the one component of the package. */
export const DEPLOYMENT_TYPE = `${PACKAGE}:index:RedisDeployment`;

/** A Pulumi package's schema, as far as this one needs it. */
export interface PackageSchema {
  readonly name: string;
  readonly version: string;
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly types: Readonly<Record<string, NamedTypeSpec>>;
  readonly [other: string]: unknown;
}

export interface ResourceSpec {
  readonly isComponent: true;
  readonly description: string;
  readonly inputProperties: Readonly<Record<string, PropertySpec>>;
  readonly properties: Readonly<Record<string, PropertySpec>>;
  readonly required: readonly string[];
}

/** What Pulumi generates each language's types from: inputs are the settings, outputs those of the contract. */
export function packageSchema(version: string): PackageSchema {
  const specs = new TypeSpecs(`${PACKAGE}:index`);
  const { properties: outputs = {}, required = [], $defs = {} } = contractJsonSchema() as ContractSchema;
  for (const [name, definition] of Object.entries($defs)) {
    specs.define(name, definition);
  }
  const deployment: ResourceSpec = {
    isComponent: true,
    description:
      "A whole deployment: the initial master, its replicas, the Sentinels if the topology has them, checked.",
    inputProperties: mapValues(settingsJsonSchema.properties ?? {}, (name, schema) => inputOf(specs, name, schema)),
    properties: mapValues(outputs, (name, schema) => ({
      ...specs.property(name, schema),
      ...(secretOutputs.some((secret) => secret === name) ? { secret: true } : {}),
    })),
    required,
  };
  return {
    name: PACKAGE,
    version,
    displayName: "Redis on Docker",
    description: "Redis, replicated or under Sentinel, on Docker hosts",
    license: "Apache-2.0",
    language: {
      nodejs: { respectSchemaVersion: true },
      python: { respectSchemaVersion: true, pyproject: { enabled: true } },
      go: { respectSchemaVersion: true },
      csharp: { respectSchemaVersion: true },
    },
    resources: { [DEPLOYMENT_TYPE]: deployment },
    types: specs.types,
  };
}

interface ContractSchema extends JsonSchema {
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

function inputOf(specs: TypeSpecs, name: string, schema: JsonSchema): PropertySpec {
  if (name === "name") {
    const description = `${schema.description} By default the name of the resource.`;
    return specs.property(name, { ...schema, description, default: undefined });
  }
  const property = specs.property(name, schema);
  return isSecretSetting(name) ? { ...property, secret: true } : property;
}

const mapValues = <T, R>(record: Readonly<Record<string, T>>, map: (key: string, value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(key, value)]));
