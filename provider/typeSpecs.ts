/** The parts of JSON Schema that the settings and the outputs use. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly $ref?: string;
}

/** A type as a Pulumi package's schema writes it. */
export interface TypeSpec {
  readonly type?: "string" | "integer" | "boolean" | "array" | "object";
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
  readonly $ref?: string;
}

export interface PropertySpec extends TypeSpec {
  readonly description?: string;
  readonly default?: unknown;
  readonly secret?: true;
}

/** A named type: an object, or words to choose from. */
export type NamedTypeSpec =
  | {
      readonly type: "object";
      readonly description?: string;
      readonly properties: Readonly<Record<string, PropertySpec>>;
      readonly required: readonly string[];
    }
  | { readonly type: "string"; readonly description?: string; readonly enum: readonly { readonly value: string }[] };

/**
 * Turns JSON Schema into the types of a Pulumi package, which has names for every object and every choice: those of
 * the schema's definitions, else what the property is called.
 */
export class TypeSpecs {
  /** The named types met so far, by their token. */
  readonly types: Record<string, NamedTypeSpec> = {};

  /** @param namespace beginning of the tokens: `package:index`. */
  constructor(private readonly namespace: string) {}

  /** @param name what the property is called, and so its type where that has no name of its own. */
  property(name: string, schema: JsonSchema): PropertySpec {
    const { description, default: value } = schema;
    // What is empty by default is as good as absent, and only numbers, words and truth may be defaults.
    const hasDefault = value !== undefined && value !== "" && typeof value !== "object";
    return {
      ...this.type(name, schema),
      ...(description === undefined ? {} : { description }),
      ...(hasDefault ? { default: value } : {}),
    };
  }

  /** Gives a definition of the schema its name in the package. */
  define(name: string, schema: JsonSchema): TypeSpec {
    const token = `${this.namespace}:${name}`;
    const description = schema.description === undefined ? {} : { description: schema.description };
    const type: NamedTypeSpec =
      schema.enum === undefined
        ? {
            type: "object",
            ...description,
            properties: Object.fromEntries(
              Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, this.property(key, inner)]),
            ),
            required: schema.required ?? [],
          }
        : { type: "string", ...description, enum: schema.enum.map((value) => ({ value })) };
    if (token in this.types && JSON.stringify(this.types[token]) !== JSON.stringify(type)) {
      throw new Error(`two different types would have the name ${token}`);
    }
    this.types[token] = type;
    return { $ref: `#/types/${token}` };
  }

  private type(name: string, schema: JsonSchema): TypeSpec {
    if (schema.$ref !== undefined) {
      return { $ref: `#/types/${this.namespace}:${schema.$ref.replace("#/$defs/", "")}` };
    }
    if (schema.enum !== undefined || schema.properties !== undefined) {
      // What is said of a choice is said of the property.
      return this.define(typeName(name), schema.enum === undefined ? schema : { enum: schema.enum });
    }
    switch (schema.type) {
      case "array":
        return { type: "array", items: this.type(singular(name), schema.items ?? {}) };
      case "object":
        return { type: "object", additionalProperties: this.type(singular(name), valuesOf(schema)) };
      case "integer":
      case "boolean":
      case "string":
        return { type: schema.type };
      default:
        if (typeof schema.const === "number") {
          return { type: "integer" };
        }
        throw new Error(`${name} has a type that a Pulumi package cannot express: ${JSON.stringify(schema)}`);
    }
  }
}

const valuesOf = ({ additionalProperties }: JsonSchema): JsonSchema =>
  typeof additionalProperties === "object" ? additionalProperties : {};

const typeName = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const singular = (name: string): string => name.replace(/s$/, "");
