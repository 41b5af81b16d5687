import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { parseState } from "../../ops/exportedState";
import { lossText, lostVolumes, remakeVolumes } from "../../ops/lostVolumes";
import { FakeEngine } from "./fakeEngine.support";

const urn = (type: string, name: string) => `urn:pulumi:dev::redis-on-docker::${type}::${name}`;
const PROVIDER = urn("pulumi:providers:docker", "local");
const labels = [
  { label: "redis-on-docker.deployment", value: "redis" },
  { label: "redis-on-docker.stack", value: "redis-on-docker/dev" },
];

/** A stack's state with these volumes, on this engine. */
const stateOf = (host: string, volumes: readonly string[]) =>
  parseState({
    deployment: {
      resources: [
        { urn: PROVIDER, type: "pulumi:providers:docker", id: "p1", inputs: { host } },
        ...volumes.map((name) => ({
          urn: urn("docker:index/volume:Volume", name),
          type: "docker:index/volume:Volume",
          id: name,
          provider: `${PROVIDER}::p1`,
          inputs: { name, labels },
          outputs: { name },
        })),
      ],
    },
  });

describe("volumes that are gone from their engine", () => {
  /** Names of the volumes that it has. */
  const present = new Set<string>();
  const engine = new FakeEngine(({ method, url, body }) => {
    if (method === "POST" && url.startsWith("/volumes/create")) {
      const { Name: name } = JSON.parse(body.toString()) as { Name: string };
      present.add(name);
      return { status: 201, body: { Name: name } };
    }
    const name = url.replace("/volumes/", "");
    return present.has(name)
      ? { status: 200, body: { Name: name } }
      : { status: 404, body: { message: "no such volume" } };
  });
  const state = () => stateOf(engine.endpoint, ["a-data", "b-data", "a-secrets"]);
  before(() => engine.start());
  after(() => engine.stop());

  it("are none while all are there", async () => {
    ["a-data", "b-data", "a-secrets"].forEach((name) => present.add(name));
    const loss = await lostVolumes(state());
    assert.deepEqual(loss, { volumes: [], everything: false });
    assert.equal(lossText(loss), undefined);
  });

  it("are made anew with the labels that the state has, and said", async () => {
    present.delete("a-data");
    const loss = await lostVolumes(state());
    assert.equal(
      lossText(loss),
      "Gone, and made anew, empty: a-data. A node whose data volume is gone is filled by the others.",
    );
    await remakeVolumes(loss);
    const { body } = engine.requests.at(-1)!;
    assert.deepEqual(JSON.parse(body.toString()), {
      Name: "a-data",
      Labels: { "redis-on-docker.deployment": "redis", "redis-on-docker.stack": "redis-on-docker/dev" },
    });
    assert.deepEqual(await lostVolumes(state()), { volumes: [], everything: false });
  });

  it("are all data where no data volume is left", async () => {
    present.clear();
    const loss = await lostVolumes(state());
    assert.equal(loss.everything, true);
    assert.equal(loss.volumes.length, 3);
    assert.match(lossText(loss)!, /^The data volumes are gone, all of them: a-data, b-data\. /);
  });

  it("without data on them go without a word", async () => {
    ["a-data", "b-data"].forEach((name) => present.add(name));
    present.delete("a-secrets");
    const loss = await lostVolumes(state());
    assert.deepEqual(
      loss.volumes.map(({ name }) => name),
      ["a-secrets"],
    );
    assert.equal(lossText(loss), undefined);
  });

  it("are nobody's word where the engine does not answer: the update says that", async () => {
    assert.deepEqual(await lostVolumes(stateOf("unix:///nowhere.sock", ["a-data"])), {
      volumes: [],
      everything: false,
    });
  });
});
