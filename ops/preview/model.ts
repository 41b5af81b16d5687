/** A preview as people decide on it: names, property paths and sentences, and no value of any property. */

/** What happens to a resource, where this program knows what that means. */
export type Operation = "create" | "update" | "replace" | "delete";

/** What a resource is to the person who reads. */
export type ResourceKind =
  | "deployment"
  | "settings"
  | "data container"
  | "Sentinel"
  | "container"
  | "data volume"
  | "Sentinel's volume"
  | "secrets volume"
  | "network"
  | "image"
  | "password"
  | "authority"
  | "certificate"
  | "other";

export interface Change {
  readonly operation: Operation | "other";
  /** The operation in Pulumi's words, such as `import`. */
  readonly step: string;
  readonly urn: string;
  readonly kind: ResourceKind;
  /** Type without its module, such as `Container`. */
  readonly type: string;
  readonly name: string;
  /** The deployment it belongs to; empty for what belongs to none. */
  readonly deployment: string;
  /** Paths of the properties that change. */
  readonly paths: readonly string[];
  /** Properties that make a replacement necessary. */
  readonly causes: readonly string[];
  /** What becomes of something that is deleted or replaced: it is kept on the engine, or Pulumi refuses to delete it. */
  readonly fate: "gone" | "kept" | "protected";
}

/** A sentence of the program, and the deployment that it is about, as far as it is about one. */
export interface Said {
  readonly text: string;
  readonly deployment: string;
}

export interface Violation {
  readonly rule: string;
  /** A mandatory rule fails the preview. */
  readonly mandatory: boolean;
  /** Where, what is allowed, and how to fix it. */
  readonly text: string;
}

export interface Preview {
  readonly stack: string;
  /** Whether it failed; what it says of changes is then what it saw until it failed. */
  readonly failed: boolean;
  /** Resources, by what happens to them. */
  readonly counts: Readonly<Record<Operation | "same", number>>;
  readonly changes: readonly Change[];
  readonly errors: readonly string[];
  /** Why a preview that went well may leave something out all the same, as sentences. */
  readonly doubts: readonly string[];
  readonly warnings: readonly string[];
  readonly notes: readonly Said[];
  readonly violations: readonly Violation[];
  /** Names of the policy packs that were asked. */
  readonly policyPacks: readonly string[];
  /** The setting `topology` of each deployment, as far as it is known. */
  readonly topologies: Readonly<Record<string, string>>;
}
