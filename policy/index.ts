import { PolicyPack, type ResourceValidationPolicy, type StackValidationPolicy } from "@pulumi/policy";
import { known } from "./known";
import { part } from "./read";
import { resourceRules, stackRules } from "./rules";
import type { ResourceRule, StackRule } from "./rules/rule";
import { stackFacts } from "./stackFacts";

/** The pack: it only hands resources to the rules, and their sentences to Pulumi. */
const stack = stackFacts(process.env);

const common = ({ name, description, severities }: ResourceRule | StackRule) => ({
  name,
  description,
  enforcementLevel: stack.production ? severities.production : severities.elsewhere,
});

const aboutResource = (rule: ResourceRule): ResourceValidationPolicy => ({
  ...common(rule),
  validateResource: ({ type, name, props, opts }, report) => {
    if (rule.types.includes(type)) {
      const resource = { type, name, props: part(known(props)), protect: opts.protect };
      rule.check(resource, stack).forEach((violation) => report(violation));
    }
  },
});

const aboutStack = (rule: StackRule): StackValidationPolicy => ({
  ...common(rule),
  validateStack: ({ resources }, report) => {
    const all = resources.map(({ type, name, props, opts }) => ({
      type,
      name,
      props: part(known(props)),
      protect: opts.protect,
    }));
    rule.checkAll(all, stack).forEach((violation) => report(violation));
  },
});

new PolicyPack("redis-on-docker", {
  policies: [...resourceRules.map(aboutResource), ...stackRules.map(aboutStack)],
});
