import {
  PolicyPack,
  type PolicyResource,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import { known } from "./known";
import { part } from "./read";
import { resourceRules, stackRules } from "./rules";
import type { Resource, ResourceRule, StackRule } from "./rules/rule";
import { stackFacts } from "./stackFacts";

/** The pack: it only hands resources to the rules, and their sentences to Pulumi. */
const stack = stackFacts(process.env);

const common = ({ name, description, severities }: ResourceRule | StackRule) => ({
  name,
  description,
  enforcementLevel: stack.production ? severities.production : severities.elsewhere,
});

/** A resource as the rules see it. */
const seen = ({ type, name, props, opts }: Pick<PolicyResource, "type" | "name" | "props" | "opts">): Resource => ({
  type,
  name,
  props: part(known(props)),
  protect: opts.protect,
});

const aboutResource = (rule: ResourceRule): ResourceValidationPolicy => ({
  ...common(rule),
  validateResource: (resource, report) => {
    if (rule.types.includes(resource.type)) {
      rule.check(seen(resource), stack).forEach((violation) => report(violation));
    }
  },
});

const aboutStack = (rule: StackRule): StackValidationPolicy => ({
  ...common(rule),
  validateStack: ({ resources }, report) => {
    rule.checkAll(resources.map(seen), stack).forEach((violation) => report(violation));
  },
});

new PolicyPack("redis-on-docker", {
  policies: [...resourceRules.map(aboutResource), ...stackRules.map(aboutStack)],
});
