import { isUnknown, list, part, text } from "../read";
import { ALWAYS, CONTAINER, FIRST_OF_ALL_IN_PRODUCTION, sentence, type ResourceRule } from "./rule";

/** `on-failure` is not one of them: Docker does not start such a container again when the host or the engine restarts. */
const COMES_BACK = ["always", "unless-stopped"];

export const restartPolicy: ResourceRule = {
  name: "restart-policy",
  description: "Containers come back by themselves, also after the host restarts.",
  severities: FIRST_OF_ALL_IN_PRODUCTION,
  types: [CONTAINER],
  check: ({ name, props: { restart } }) =>
    isUnknown(restart) || COMES_BACK.includes(text(restart) ?? "no")
      ? []
      : [
          sentence(
            `container ${name}: its restart policy is ${text(restart) ?? "no"}, so it stays down after the host restarts`,
            COMES_BACK.join(" or "),
            "pulumi config set restart unless-stopped",
          ),
        ],
};

export const healthCheck: ResourceRule = {
  name: "health-check",
  description: "Every container has a health check.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props: { healthcheck } }) => {
    const { tests } = part(healthcheck);
    const settled = isUnknown(healthcheck) || isUnknown(tests);
    const [first] = list(tests);
    return settled || (first !== undefined && first !== "NONE")
      ? []
      : [
          sentence(
            `container ${name}: nothing tells whether its server answers`,
            "healthcheck.tests with a command",
            'set healthcheck, as in { tests: ["CMD", "redis-cli", "ping"] }',
          ),
        ];
  },
};
