import { isUnknown, text, texts } from "../read";
import { isSecretName, SHORTEST_SECRET } from "../stackFacts";
import { ALWAYS, CONTAINER, RANDOM_PASSWORD, sentence, type Resource, type ResourceRule, type StackRule } from "./rule";

/** Values of switches such as `ALLOW_EMPTY_PASSWORD=no`, which are no secrets. */
const SWITCH = /^(|yes|no|true|false|on|off|0|1)$/i;
/** A password in an address, as in `redis://:password@host`. */
const ADDRESS_WITH_PASSWORD = /:\/\/[^/\s:@]*:[^/\s@]+@/;

const said = (container: string, variable: string, why: string): string =>
  sentence(
    `container ${container}: the environment variable ${variable} ${why}, and everybody who may inspect the container reads it`,
    "secrets in files",
    "put it into uploads, or mount a file, and remove the variable",
  );

interface Variable {
  readonly name: string;
  readonly value: string;
}

const variablesOf = (container: Resource): readonly Variable[] =>
  texts(container.props.envs).map((entry) => {
    const [name = "", ...value] = entry.split("=");
    return { name, value: value.join("=") };
  });

/** The values are never part of what is said. */
export const noSecretInEnvironment: ResourceRule = {
  name: "no-secret-in-environment",
  description: "No environment variable of a container is a secret.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: (container, { secrets }) =>
    variablesOf(container).flatMap(({ name, value }) => {
      const why =
        isSecretName(name) && !SWITCH.test(value)
          ? "has the name of a secret, and a value"
          : secrets.some((secret) => value.includes(secret))
            ? "has the value of a secret setting"
            : ADDRESS_WITH_PASSWORD.test(value)
              ? "has an address with a password"
              : undefined;
      return why === undefined ? [] : [said(container.name, name, why)];
    }),
};

export const noGeneratedPasswordInEnvironment: StackRule = {
  name: "no-generated-password-in-environment",
  description: "No environment variable of a container has a generated password in it.",
  severities: ALWAYS,
  checkAll: (resources) => {
    const generated = resources
      .filter(({ type, props }) => type === RANDOM_PASSWORD && !isUnknown(props.result))
      .map(({ props }) => text(props.result) ?? "")
      .filter((password) => password.length >= SHORTEST_SECRET);
    return resources
      .filter(({ type }) => type === CONTAINER)
      .flatMap((container) =>
        variablesOf(container)
          .filter(({ value }) => generated.some((password) => value.includes(password)))
          .map(({ name }) => said(container.name, name, "has a generated password in it")),
      );
  },
};
