import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { UNKNOWN } from "../../policy/known";
import { resourceRules, stackRules } from "../../policy/rules";
import { IMAGE, PRIVATE_KEY, RANDOM_PASSWORD, VOLUME, type Resource } from "../../policy/rules/rule";
import { makeCertificate } from "../support/makeCertificate";
import { committedSettings } from "../support/pulumiProject";
import { deploy, type Registered } from "./components.support";
import { container, factsOf, violationsOf } from "./policy.support";

const PROD = factsOf("prod");
const DEV = factsOf("dev");

const asResources = (registered: readonly Registered[]): readonly Resource[] =>
  registered.map(({ type, name, inputs }) => ({ type, name, props: inputs, protect: false }));

async function violationsOfProgram(stack: string, settings: Readonly<Record<string, unknown>>) {
  const registered = await deploy(settings);
  return violationsOf(asResources(registered), factsOf(stack, settings));
}

const part = (type: string, props: Readonly<Record<string, unknown>>, protect = false): Resource => ({
  type,
  name: "it",
  props,
  protect,
});
const group = (sentinels: number, quorum: number) =>
  part("redis-on-docker:index:GroupSettings", {
    topology: "sentinel",
    sentinels: Array.from({ length: sentinels }, (_, index) => `s${index}`),
    sentinel: { quorum: String(quorum) },
  });
const base = (dataVolumes: string) => part("redis-on-docker:index:RedisBase", { deployment: "redis", dataVolumes });
const labelled = { labels: [{ label: "redis-on-docker.deployment", value: "redis" }] };

/** For every rule: resources that break it in production, and all that is said about each. */
const broken: Readonly<Record<string, readonly (readonly [Resource, ...string[]])[]>> = {
  "published-ports": [
    [
      container({ ports: [{ internal: 6379, external: 6380 }] }),
      "container web: port 6379 is published on 0.0.0.0; allowed: 127.0.0.1, or an address in the settings bindAddress or hosts; fix: give the port the ip 127.0.0.1, or say that it is meant: pulumi config set bindAddress 0.0.0.0",
    ],
    [
      container({
        ports: [
          { internal: 1, ip: "::" },
          { internal: 2, ip: "10.0.0.5" },
          { internal: 3, ip: "::1" },
        ],
      }),
      "container web: port 1 is published on ::; allowed: 127.0.0.1, or an address in the settings bindAddress or hosts; fix: give the port the ip 127.0.0.1, or say that it is meant: pulumi config set bindAddress ::",
      "container web: port 2 is published on 10.0.0.5; allowed: 127.0.0.1, or an address in the settings bindAddress or hosts; fix: give the port the ip 127.0.0.1, or say that it is meant: pulumi config set bindAddress 10.0.0.5",
    ],
    [
      container({ publishAllPorts: true }),
      "container web: publishAllPorts opens every port of the image on 0.0.0.0; allowed: single ports; fix: remove publishAllPorts and list the ports with their ip",
    ],
  ],
  "host-network": [
    [
      container({ networkMode: "host" }),
      "container web: networkMode is host, where no list of ports limits what is open; allowed: a network of its own, or the setting network: host; fix: remove networkMode, or say that it is meant: pulumi config set network host",
    ],
  ],
  "not-privileged": [
    [
      container({ privileged: true }),
      "container web: it is privileged, which makes its root the host's root; allowed: privileged: false; fix: remove privileged",
    ],
  ],
  "no-engine-socket": [
    [
      container({ mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/s" }] }),
      "container web: /var/run/docker.sock of the host is mounted, and who can write to the engine's socket owns the host; allowed: named volumes, and folders without such a socket; fix: remove the mount",
    ],
    [
      container({ volumes: [{ hostPath: "/var/../run//docker.sock", containerPath: "/s" }] }),
      "container web: /var/../run//docker.sock of the host is mounted, and who can write to the engine's socket owns the host; allowed: named volumes, and folders without such a socket; fix: remove the mount",
    ],
    [
      container({ mounts: [{ type: "bind", source: "/run/", target: "/s" }] }),
      "container web: /run/ of the host is mounted, and who can write to the engine's socket owns the host; allowed: named volumes, and folders without such a socket; fix: remove the mount",
    ],
    [
      part(VOLUME, { driverOpts: { type: "none", o: "bind", device: "/var/run" }, ...labelled }),
      "volume it: /var/run of the host is mounted, and who can write to the engine's socket owns the host; allowed: named volumes, and folders without such a socket; fix: remove the mount",
    ],
  ],
  "no-host-namespaces": [
    [
      container({ pidMode: "host", ipcMode: "host" }),
      "container web: pidMode is host, so it shares that namespace with the host; allowed: a namespace of its own; fix: remove pidMode",
      "container web: ipcMode is host, so it shares that namespace with the host; allowed: a namespace of its own; fix: remove ipcMode",
    ],
  ],
  "no-added-capabilities": [
    [
      container({ capabilities: { drops: ["ALL"], adds: ["cap_net_admin", "SYS_ADMIN"] } }),
      "container web: capabilities.adds has NET_ADMIN, SYS_ADMIN; allowed: none; Redis needs none; fix: remove capabilities.adds",
    ],
  ],
  "capabilities-dropped": [
    ...[undefined, {}, { drops: ["NET_RAW"] }].map((capabilities): readonly [Resource, string] => [
      container({ capabilities }),
      'container web: it keeps capabilities; allowed: capabilities.drops with "ALL"; fix: set capabilities: { drops: ["ALL"] }',
    ]),
  ],
  "no-new-privileges": [
    ...[undefined, [], ["no-new-privileges:false"], ["seccomp=profile"]].map(
      (securityOpts): readonly [Resource, string] => [
        container({ securityOpts }),
        'container web: a program in it that changes to root does so; allowed: securityOpts with "no-new-privileges"; fix: set securityOpts: ["no-new-privileges"]',
      ],
    ),
  ],
  "non-root-user": [
    ...(
      [
        [undefined, "no user is set, so the image decides, and most say root"],
        ["", "no user is set, so the image decides, and most say root"],
        ["root", "its user is root"],
        ["0:999", "its user is root"],
        ["999", "its user has no group, so the image decides, and an unknown user gets root's"],
        ["999:0", "its group is root"],
      ] as const
    ).map(([user, why]): readonly [Resource, string] => [
      container({ user }),
      `container web: ${why}; allowed: a user and a group that are not root; fix: set user, as in "999:999"`,
    ]),
  ],
  "no-secret-in-environment": [
    ...(
      [
        ["REDIS_PASSWORD=hunter22", "REDIS_PASSWORD has the name of a secret, and a value"],
        ["apiToken=hunter22", "apiToken has the name of a secret, and a value"],
        ["URL=redis://:hunter22@redis:6379", "URL has an address with a password"],
      ] as const
    ).map(([variable, why]): readonly [Resource, string] => [
      container({ envs: ["MODE=quiet", variable] }),
      `container web: the environment variable ${why}, and everybody who may inspect the container reads it; allowed: secrets in files; fix: put it into uploads, or mount a file, and remove the variable`,
    ]),
  ],
  "memory-limit": [
    ...[undefined, 0].map((memory): readonly [Resource, string] => [
      container({ memory }),
      "container web: it has no memory limit; allowed: memory and memorySwap in MiB; fix: pulumi config set memoryLimitMb 1024 and pulumi config set sentinelMemoryLimitMb 128, or set memory and memorySwap",
    ]),
    [
      container({ memorySwap: -1 }),
      "container web: its swap has no limit; allowed: memorySwap as large as memory; fix: pulumi config set memoryLimitMb 1024 and pulumi config set sentinelMemoryLimitMb 128, or set memory and memorySwap",
    ],
  ],
  "log-rotation": [
    ...[{ logDriver: undefined, logOpts: undefined }, { logOpts: { "max-file": "3" } }].map(
      (changes): readonly [Resource, string] => [
        container(changes),
        'container web: its log grows until the disk is full; allowed: logOpts with max-size and max-file; fix: set logDriver: "json-file" and logOpts: { "max-size": "10m", "max-file": "3" }',
      ],
    ),
  ],
  "image-by-id": [
    [
      container({ image: "redis:8.0.2" }),
      "container web: its image is redis:8.0.2, a name that may mean another image tomorrow; allowed: an image's id, or a name with @sha256:; fix: give it the imageId of a docker.RemoteImage",
    ],
  ],
  "image-digest": [
    [
      part(IMAGE, { name: "redis:8.0.2" }),
      "image it: redis:8.0.2 has no digest, so the registry decides what it is; allowed: NAME:TAG@sha256:DIGEST, or an image that is built or loaded where no registry is; fix: pulumi config set image redis:8.0.2@sha256:DIGEST",
    ],
  ],
  "data-kept": [
    [
      base("delete"),
      "deployment it: dataVolumes is delete, so a destroy deletes the data; allowed: keep or protect; fix: pulumi config set dataVolumes protect",
    ],
    [
      part(VOLUME, { name: "it" }),
      "volume it: it is not protected, so a destroy deletes it; allowed: volumes with the resource option protect; fix: set protect: true in its options",
    ],
  ],
  "sound-quorum": [
    [
      group(3, 1),
      "group it: 1 of 3 Sentinels decide that the master is down; allowed: a majority, 2 to 3; fix: pulumi config set quorum 0, which is a majority",
    ],
    [
      group(3, 4),
      "group it: 4 of 3 Sentinels decide that the master is down; allowed: a majority, 2 to 3; fix: pulumi config set quorum 0, which is a majority",
    ],
    [
      group(4, 3),
      "group it: 4 Sentinels survive no more failures than 3 would; allowed: an odd number; fix: pulumi config set sentinels 5",
    ],
    [
      group(1, 1),
      "group it: with 1 of them the loss of one Sentinel ends automatic failover; allowed: 3 or more; fix: pulumi config set sentinels 3",
    ],
  ],
  "restart-policy": [
    ...[undefined, "no", "on-failure"].map((restart): readonly [Resource, string] => [
      container({ restart }),
      `container web: its restart policy is ${restart ?? "no"}, so it stays down after the host restarts; allowed: always or unless-stopped; fix: pulumi config set restart unless-stopped`,
    ]),
  ],
  "health-check": [
    ...[undefined, {}, { tests: [] }, { tests: ["NONE"] }].map((healthcheck): readonly [Resource, string] => [
      container({ healthcheck }),
      'container web: nothing tells whether its server answers; allowed: healthcheck.tests with a command; fix: set healthcheck, as in { tests: ["CMD", "redis-cli", "ping"] }',
    ]),
  ],
};

describe("policy: what the program makes keeps to every rule", () => {
  it("dev", async () => {
    assert.deepEqual(await violationsOfProgram("dev", committedSettings("dev")), []);
  });

  it("prod, apart from the advice to name a digest", async () => {
    const violations = await violationsOfProgram("prod", committedSettings("prod"));
    assert.deepEqual(
      violations.map((violation) => violation.split(":")[0]),
      ["image-digest"],
    );
  });

  it("prod with a digest, on several hosts, on an address of the host, without Sentinels, on the host's network", async () => {
    const prod = { ...committedSettings("prod"), image: `redis:8.0.2@sha256:${"0a".repeat(32)}` };
    const hosts = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address, index) => ({
      name: `h${index}`,
      endpoint: `ssh://root@${address}`,
      address,
    }));
    for (const more of [{}, { hosts }, { bindAddress: "10.0.0.5" }, { topology: "replication" }, { network: "host" }]) {
      assert.deepEqual(await violationsOfProgram("prod", { ...prod, ...more }), [], JSON.stringify(more));
    }
  });

  it("and settings that production must not have are found in it", async () => {
    const settings = { ...committedSettings("dev"), sentinels: 2, quorum: 1, restart: "no" };
    const names = (violations: readonly string[]) => [...new Set(violations.map((said) => said.split(":")[0]))];
    assert.deepEqual(names(await violationsOfProgram("prod", settings)), [
      "memory-limit",
      "image-digest",
      "data-kept",
      "sound-quorum",
      "restart-policy",
    ]);
    assert.deepEqual(names(await violationsOfProgram("dev", settings)), ["sound-quorum", "restart-policy"]);
  });
});

describe("policy: a resource that breaks a rule is said to, by that rule alone", () => {
  it("a container that breaks none is not spoken of", () => {
    assert.deepEqual(violationsOf([container()], PROD), []);
  });

  for (const { name } of resourceRules) {
    it(name, () => {
      const cases = broken[name] ?? assert.fail(`no case for ${name}`);
      for (const [resource, ...sentences] of cases) {
        assert.deepEqual(
          violationsOf([resource], PROD),
          sentences.map((said) => `${name}: ${said}`),
        );
      }
    });
  }

  it("no-generated-password-in-environment", () => {
    const password = part(RANDOM_PASSWORD, { result: "a-generated-password" });
    assert.deepEqual(violationsOf([password, container({ envs: ["ARGS=--pass a-generated-password"] })], PROD), [
      "no-generated-password-in-environment: container web: the environment variable ARGS has a generated password in it, and everybody who may inspect the container reads it; allowed: secrets in files; fix: put it into uploads, or mount a file, and remove the variable",
    ]);
    assert.deepEqual(violationsOf([password, container()], PROD), []);
  });

  it("no-generated-key-in-environment", () => {
    const { key: privateKeyPem } = makeCertificate({ name: "it" });
    const key = part(PRIVATE_KEY, { privateKeyPem, privateKeyPemPkcs8: UNKNOWN });
    const [, body = ""] = privateKeyPem.split("-----\n");
    for (const value of [privateKeyPem, privateKeyPem.replaceAll("\n", "\\n"), body.replaceAll("\n-----", "")]) {
      assert.deepEqual(violationsOf([key, container({ envs: [`ARGS=--tls ${value}`] })], PROD), [
        "no-generated-key-in-environment: container web: the environment variable ARGS has a generated private key in it, and everybody who may inspect the container reads it; allowed: secrets in files; fix: put it into uploads, or mount a file, and remove the variable",
      ]);
    }
    assert.deepEqual(violationsOf([key, container()], PROD), []);
    const another = makeCertificate({ name: "another" });
    assert.deepEqual(violationsOf([key, container({ envs: [`CERTIFICATE=${another.certificate}`] })], PROD), []);
  });

  it("the value of a secret setting, under whatever name", () => {
    const stack = factsOf("dev", { password: "the-stack's-password" });
    assert.match(
      violationsOf([container({ envs: ["MODE=the-stack's-password"] })], stack).join(),
      /^no-secret-in-environment: container web: the environment variable MODE has the value of a secret setting/,
    );
  });

  it("never with the value of a secret", () => {
    const said = violationsOf([container({ envs: ["PASSWORD=hunter22", "URL=redis://u:hunter22@host"] })], PROD);
    assert.equal(said.length, 2);
    assert.doesNotMatch(said.join(), /hunter22/);
  });
});

describe("policy: what is allowed", () => {
  const allowed = (resource: Resource, stack = PROD) => assert.deepEqual(violationsOf([resource], stack), []);

  it("ports on addresses that the settings name, and the host's network when they say so", () => {
    const published = (ip: string) => container({ ports: [{ internal: 1, ip }] });
    allowed(published("0.0.0.0"), factsOf("prod", { bindAddress: "0.0.0.0" }));
    allowed(published("10.0.0.2"), factsOf("prod", { hosts: [{ name: "b", address: "10.0.0.2" }] }));
    allowed(published("10.0.0.3"), factsOf("prod", { deployments: { cache: { bindAddress: "10.0.0.3" } } }));
    allowed(container({ networkMode: "host" }), factsOf("prod", { network: "host" }));
    allowed(container({ networkMode: "host" }), factsOf("prod", { deployments: { cache: { network: "host" } } }));
  });

  it("volumes and folders without a socket", () => {
    allowed(container({ mounts: [{ type: "bind", source: "/srv/redis", target: "/data" }] }));
    allowed(container({ volumes: [{ volumeName: "data", containerPath: "/data" }] }));
  });

  it("switches and files whose names only sound like secrets", () => {
    allowed(container({ envs: ["ALLOW_EMPTY_PASSWORD=no", "PASSWORD_FILE=/run/secrets/p", "AUTHOR=me", "TOKEN="] }));
  });

  it("volumes that are protected, and those whose deployment keeps its data", () => {
    allowed(part(VOLUME, { name: "it" }, true));
    allowed(part(VOLUME, labelled));
    allowed(base("keep"));
    allowed(base("protect"));
  });

  it("a majority or more of an odd number of Sentinels", () => {
    [group(3, 2), group(3, 3), group(5, 3)].forEach((resource) => allowed(resource));
    allowed(group(1, 1), DEV);
  });

  it("outside production: no limits, and data that is deleted", () => {
    allowed(container({ memory: undefined }), DEV);
    allowed(base("delete"), DEV);
    allowed(part(VOLUME, { name: "it" }), DEV);
    allowed(part(IMAGE, { name: "redis:8.0.2" }), DEV);
  });

  it("what a preview cannot know yet", () => {
    const { props } = container();
    for (const property of Object.keys(props)) {
      allowed(container({ [property]: UNKNOWN }));
    }
    allowed(container({ ports: [{ internal: 1, ip: UNKNOWN }], envs: [UNKNOWN], mounts: [UNKNOWN] }));
  });
});

describe("docs/policy.md", () => {
  it("has a row for every rule, with how much it matters in production and elsewhere", () => {
    const page = readFileSync(join(__dirname, "..", "..", "docs", "policy.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([\w-]+)` +\| (\w+) +\| (\w+|-) +\|/gm)].map(([, ...cells]) => cells);
    const wanted = [...resourceRules, ...stackRules].map(({ name, severities }) => [
      name,
      severities.production,
      severities.elsewhere === "disabled" ? "-" : severities.elsewhere,
    ]);
    assert.deepEqual(rows.sort(), wanted.sort());
  });
});
