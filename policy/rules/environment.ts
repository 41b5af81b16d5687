import { isUnknown, text, texts } from "../read";
import { isSecretName, SHORTEST_SECRET } from "../stackFacts";
import {
  ALWAYS,
  CONTAINER,
  PRIVATE_KEY,
  RANDOM_PASSWORD,
  sentence,
  type Resource,
  type ResourceRule,
  type StackRule,
} from "./rule";

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

/** Secrets that a stack generates: the type that does, the properties with them, and what is compared of each. */
interface Generated {
  readonly type: string;
  readonly properties: readonly string[];
  readonly essence: (text: string) => string;
}

/** A rule that none of these secrets is in a variable, in the form that is compared. */
const notInEnvironment = (name: string, what: string, { type, properties, essence }: Generated): StackRule => ({
  name,
  description: `No environment variable of a container has ${what} in it.`,
  severities: ALWAYS,
  checkAll: (resources) => {
    const secrets = resources
      .filter((resource) => resource.type === type)
      .flatMap(({ props }) => properties.map((property) => props[property]))
      .filter((value) => !isUnknown(value))
      .map((value) => essence(text(value) ?? ""))
      .filter((secret) => secret.length >= SHORTEST_SECRET);
    return resources
      .filter((resource) => resource.type === CONTAINER)
      .flatMap((container) =>
        variablesOf(container)
          .filter(({ value }) => secrets.some((secret) => essence(value).includes(secret)))
          .map((variable) => said(container.name, variable.name, `has ${what} in it`)),
      );
  },
});

export const noGeneratedPasswordInEnvironment = notInEnvironment(
  "no-generated-password-in-environment",
  "a generated password",
  { type: RANDOM_PASSWORD, properties: ["result"], essence: (password) => password },
);

/** Ends of lines are often written as \n in a variable, or left out, and so are the lines around the key. */
export const noGeneratedKeyInEnvironment = notInEnvironment(
  "no-generated-key-in-environment",
  "a generated private key",
  {
    type: PRIVATE_KEY,
    properties: ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"],
    essence: (pem) => pem.replaceAll(/-----[A-Z0-9 ]+-----|\\[nr]|\s/g, ""),
  },
);
