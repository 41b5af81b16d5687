import { isUnknown, part, text, texts } from "../read";
import { ALWAYS, CONTAINER, sentence, type ResourceRule } from "./rule";

export const notPrivileged: ResourceRule = {
  name: "not-privileged",
  description: "No container is privileged.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }) =>
    props.privileged === true
      ? [
          sentence(
            `container ${name}: it is privileged, which makes its root the host's root`,
            "privileged: false",
            "remove privileged",
          ),
        ]
      : [],
};

const SHARED = ["pidMode", "ipcMode", "usernsMode"] as const;

export const noHostNamespaces: ResourceRule = {
  name: "no-host-namespaces",
  description: "No container shares processes, memory or users with the host.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }) =>
    SHARED.filter((property) => props[property] === "host").map((property) =>
      sentence(
        `container ${name}: ${property} is host, so it shares that namespace with the host`,
        "a namespace of its own",
        `remove ${property}`,
      ),
    ),
};

/** As Docker compares them: without regard to case, with or without the prefix. */
const capability = (name: string): string => name.toUpperCase().replace(/^CAP_/, "");

export const noAddedCapabilities: ResourceRule = {
  name: "no-added-capabilities",
  description: "No container gets a capability back.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }) => {
    const added = texts(part(props.capabilities).adds).map(capability);
    return added.length === 0
      ? []
      : [
          sentence(
            `container ${name}: capabilities.adds has ${added.join(", ")}`,
            "none; Redis needs none",
            "remove capabilities.adds",
          ),
        ];
  },
};

export const capabilitiesDropped: ResourceRule = {
  name: "capabilities-dropped",
  description: "Every container drops all capabilities.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }) => {
    const { drops } = part(props.capabilities);
    const settled = isUnknown(props.capabilities) || isUnknown(drops) || texts(drops).map(capability).includes("ALL");
    return settled
      ? []
      : [
          sentence(
            `container ${name}: it keeps capabilities`,
            'capabilities.drops with "ALL"',
            'set capabilities: { drops: ["ALL"] }',
          ),
        ];
  },
};

export const noNewPrivileges: ResourceRule = {
  name: "no-new-privileges",
  description: "No process in a container can gain privileges.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }) =>
    isUnknown(props.securityOpts) ||
    texts(props.securityOpts).some((option) => /^no-new-privileges([:=]true)?$/.test(option))
      ? []
      : [
          sentence(
            `container ${name}: a program in it that changes to root does so`,
            'securityOpts with "no-new-privileges"',
            'set securityOpts: ["no-new-privileges"]',
          ),
        ],
};

export const nonRootUser: ResourceRule = {
  name: "non-root-user",
  description: "Every container names a user and a group, and neither is root.",
  severities: ALWAYS,
  types: [CONTAINER],
  check: ({ name, props }) => {
    if (isUnknown(props.user)) {
      return [];
    }
    const [user = "", group = ""] = (text(props.user) ?? "").split(":");
    // An image that does not list the user would give it root's group.
    const wrong = user === "" ? "no user is set, so the image decides, and most say root" : rootIn(user, group);
    return wrong === undefined
      ? []
      : [sentence(`container ${name}: ${wrong}`, "a user and a group that are not root", 'set user, as in "999:999"')];
  },
};

function rootIn(user: string, group: string): string | undefined {
  const isRoot = (id: string): boolean => id === "root" || /^0+$/.test(id);
  if (isRoot(user)) {
    return "its user is root";
  }
  if (group === "") {
    return "its user has no group, so the image decides, and an unknown user gets root's";
  }
  return isRoot(group) ? "its group is root" : undefined;
}
