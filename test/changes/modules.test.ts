import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { accessOf } from "../../outputs/access";
import type { Contract } from "../../outputs/contract";
import { engine } from "../support/engine";
import { buildModuleImage, MODULE_IMAGE, needImage } from "../support/images";
import { expectSuccess, PulumiProject, type Ended } from "../support/pulumiProject";
import { TALLY } from "../support/tallyModule";

const PLAIN = "redis:8.0.2";

describe("an image with modules, in the layout of the official ones", () => {
  const project = new PulumiProject();
  const settings = {
    name: "modules",
    redisPort: 19510,
    topology: "replication",
    replicas: 1,
    image: MODULE_IMAGE,
    users: [{ name: "carts", keys: ["cart:*"], commands: [TALLY.category] }],
    extraRedisConf: [`${TALLY.directive} 500`],
    dataVolumes: "delete",
    checkTimeoutS: 120,
  };
  let contract: Contract;
  before(async function () {
    this.timeout(300_000);
    await needImage(PLAIN);
    await buildModuleImage();
  });
  after(() => project.dispose());

  async function as<T>(user: "app" | "carts" | "admin", node: number, body: (client: Redis) => Promise<T>): Promise<T> {
    const { host, port } = contract.nodes[node]!;
    const client = new Redis({ host, port, ...accessOf(contract, user), maxRetriesPerRequest: 1 });
    client.on("error", () => undefined);
    try {
      return await body(client);
    } finally {
      client.disconnect();
    }
  }
  const refused = async (changed: object, sentence: RegExp): Promise<void> => {
    const before = await containers();
    project.configure("modules", { ...settings, ...changed });
    const ended: Ended = await project.preview("modules");
    assert.notEqual(ended.code, 0, ended.output);
    assert.match(ended.output.replaceAll(/\s+/g, " "), sentence);
    assert.match(ended.output, /nothing was changed/);
    assert.deepEqual(await containers(), before, "a container was touched, or a look into an image left one");
  };
  const containers = async () => {
    const all = await engine.listContainers({ all: true });
    return all
      .filter(({ Image }) => [MODULE_IMAGE, PLAIN].includes(Image))
      .map(({ Id }) => Id)
      .sort();
  };

  it("is deployed with its modules, for the users that have their category, on master and replica", async () => {
    await project.addStack("modules", settings);
    expectSuccess(await project.up("modules"));
    contract = await project.contract("modules");
    assert.equal(await as("app", 0, (client) => client.call("TALLY.ADD", "cart:1", "5")), 5);
    assert.equal(await as("carts", 0, (client) => client.call("TALLY.ADD", "cart:1", "500")), 505);
    await assert.rejects(
      as("carts", 0, (client) => client.call("TALLY.ADD", "cart:1", "501")),
      /within the limit/,
    );
    await assert.rejects(
      as("carts", 0, (client) => client.call("TALLY.ADD", "other", "1")),
      /NOPERM/,
    );
    await as("admin", 0, (client) => client.wait(1, 2000));
    assert.deepEqual(await as("admin", 1, (client) => client.call("TALLY.GET", "cart:1")), [505, 2]);
    expectSuccess(await project.up("modules", "--expect-no-changes"));
  });

  it("is not left for one without, or without loading them, while their data is there", async () => {
    await refused(
      { image: PLAIN, users: [] },
      /image: redis:8\.0\.2 does not bring the module tally, which modules-\S+ has loaded, and it has keys of the type rod-tally, .* fix: pulumi config set image redis-on-docker-test\/modules:8\.0\.2, or/,
    );
    await refused(
      { modules: false, users: [] },
      /modules: modules is false, and so it would not load the module tally, .* fix: pulumi config set modules true, or/,
    );
  });

  it("is not left for one that does not know the users' rights", async () => {
    await as("admin", 0, (client) => client.del("cart:1"));
    await refused(
      { image: PLAIN, extraRedisConf: [] },
      /users: the server of redis:8\.0\.2 does not know the rights of the user carts \(.*'\+@json'.*\), so no node of it would start/,
    );
  });

  it("can be left when nothing needs them any more", async () => {
    project.configure("modules", { ...settings, modules: false, users: [], extraRedisConf: [] });
    expectSuccess(await project.up("modules"));
    await assert.rejects(
      as("app", 0, (client) => client.call("TALLY.GET", "cart:1")),
      /unknown command/,
    );
  });
});
