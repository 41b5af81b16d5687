/**
 * The options that make Pulumi apply the project's policies (docs/policy.md).
 *
 * `REDIS_POLICY_PACK` is set by the tool chain, which has Pulumi start the pack in a way of its own.
 */
export function policyPackOptions(): readonly string[] {
  return ["--policy-pack", process.env.REDIS_POLICY_PACK ?? "policy"];
}
