import type { Props } from "../read";
import type { StackFacts } from "../stackFacts";

/** What a violation does: `mandatory` stops the command, `advisory` is only said, `disabled` is not even looked at. */
export type Severity = "mandatory" | "advisory" | "disabled";

/** How much a rule matters. */
export interface Severities {
  readonly production: Severity;
  readonly elsewhere: Severity;
}

/** It stops the command in every stack. */
export const ALWAYS: Severities = { production: "mandatory", elsewhere: "mandatory" };
/** It stops the command in production, and is said elsewhere. */
export const FIRST_OF_ALL_IN_PRODUCTION: Severities = { production: "mandatory", elsewhere: "advisory" };
/** It stops the command in production, and means nothing elsewhere. */
export const IN_PRODUCTION: Severities = { production: "mandatory", elsewhere: "disabled" };

/** A resource as the rules see it. */
export interface Resource {
  /** The type's token, such as `docker:index/container:Container`. */
  readonly type: string;
  readonly name: string;
  /** Inputs, with `UNKNOWN` for what is not known yet; for a rule about the stack, outputs. */
  readonly props: Props;
  /** The resource option `protect`. */
  readonly protect: boolean;
}

interface AnyRule {
  readonly name: string;
  /** One sentence: what holds where the rule is kept. */
  readonly description: string;
  readonly severities: Severities;
}

/** A rule that looks at one resource at a time. Violations are sentences: what is wrong, where, what is allowed, the fix. */
export interface ResourceRule extends AnyRule {
  /** The types of resources that it is about. */
  readonly types: readonly string[];
  readonly check: (resource: Resource, stack: StackFacts) => readonly string[];
}

/** A rule that needs all resources together. */
export interface StackRule extends AnyRule {
  readonly checkAll: (resources: readonly Resource[], stack: StackFacts) => readonly string[];
}

export { CONTAINER, VOLUME } from "../../engine/resourceTypes";
export const IMAGE = "docker:index/remoteImage:RemoteImage";
export const RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword";
export const PRIVATE_KEY = "tls:index/privateKey:PrivateKey";

/** The sentence about a violation, in the order in which the settings' own problems are said. */
export function sentence(what: string, allowed: string, fix: string): string {
  return `${what}; allowed: ${allowed}; fix: ${fix}`;
}
