import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { loadedFiles, needsModules } from "../../config/moduleRules";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { parseServer } from "../../engine/dataFormat";
import type { ImageFacts } from "../../engine/lookInto";
import { judgeModules, type NodeModules } from "../../engine/modules";

const carts = { name: "carts", keys: ["cart:*"], commands: ["@read", "@json"] };

describe("rights of a module's commands", () => {
  const settings = (overrides: DeploymentOverrides) => () => parseDeployment(overrides);

  it("are refused where the settings load none", () => {
    assert.doesNotThrow(settings({ users: [carts] }));
    assert.doesNotThrow(settings({ modules: false, users: [{ ...carts, commands: ["@read"] }] }));
    assert.doesNotThrow(
      settings({ modules: false, users: [carts], extraRedisConf: ["loadmodule /opt/json.so", "json.limit_x 5"] }),
    );
    assert.throws(
      settings({ modules: false, users: [carts] }),
      /users\[0\]\.commands\[1\]: is @json, which only a module brings, and the setting modules is false; allowed: categories of Redis's own; fix: pulumi config set modules true, or take it away$/,
    );
  });

  it("are what an image is asked for", () => {
    assert.ok(needsModules({ users: [carts] }));
    assert.ok(!needsModules({ users: [{ ...carts, commands: ["@read", "@write"] }] }));
  });

  it("may come with modules that extraRedisConf loads, whatever words follow", () => {
    const extraRedisConf = ["hz 20", "loadmodule /a.so", 'loadmodule "/b c.so" some words'];
    assert.deepEqual(loadedFiles({ extraRedisConf }), ["/a.so", "/b c.so"]);
  });
});

describe("an image without a module", () => {
  const server = parseServer("Redis server v=8.0.2 sha=0", "REDIS0012")!;
  const asked = (modules: readonly string[], more: Partial<ImageFacts> = {}): ImageFacts => ({
    server,
    modules,
    refused: [],
    ...more,
  });
  const node = (loaded: readonly string[], types: readonly string[] | undefined): NodeModules => ({
    node: "redis-replica-2",
    image: "redis:8.0.2",
    loaded,
    types,
  });
  const judge = (facts: ImageFacts, lost: readonly NodeModules[], modules = true) =>
    judgeModules({ image: "our/redis:8", modules }, facts, lost).map(({ path, reason }) => `${path}: ${reason}`);

  it("is refused while its data is there, in one sentence with the way back", () => {
    assert.deepEqual(judge(asked(["bf"]), [node(["ReJSON", "bf"], ["MBbloom--", "ReJSON-RL"])]), [
      "image: our/redis:8 does not bring the module ReJSON, which redis-replica-2 has loaded, and it has keys of the type ReJSON-RL, which no server without the module can load; fix: pulumi config set image redis:8.0.2, or delete that data first (docs/upgrade.md)",
    ]);
  });

  it("is refused as `modules: false` is", () => {
    const [problem] = judge(asked([]), [node(["search"], ["search_number_of_indexes"])], false);
    assert.match(
      problem!,
      /^modules: modules is false, and so it would not load the module search, .* it has a search index, .* fix: pulumi config set modules true, or/,
    );
  });

  it("is let through without such data, and when nothing runs that has it", () => {
    assert.deepEqual(judge(asked([]), [node(["ReJSON", "bf"], [])]), []);
    assert.deepEqual(judge(asked(["ReJSON"]), [node(["ReJSON", "bf"], ["ReJSON-RL"])]), []);
    assert.deepEqual(judge(asked([]), []), []);
  });

  it("is refused when nobody knows whose a type is, or whether there is any", () => {
    assert.match(judge(asked(["bf"]), [node(["own", "bf"], ["own-type1"])])[0]!, /keys of the type own-type1/);
    assert.match(judge(asked([]), [node(["own"], undefined)])[0]!, /the module own, .* its data could not be looked/);
  });

  it("that users have rights of is refused by the user's name; one that cannot be loaded, before all else", () => {
    const refused = [{ user: "carts", reason: "ERR Error in ACL SETUSER modifier '+@json': Unknown" }];
    assert.deepEqual(judge(asked([], { refused }), []), [
      "users: the server of our/redis:8 does not know the rights of the user carts (ERR Error in ACL SETUSER modifier '+@json': Unknown), so no node of it would start; fix: change the user's commands, or take an image with the module that brings them",
    ]);
    const [first, ...more] = judge(asked([], { refused, broken: "Module /x.so failed to load: no" }), []);
    assert.match(first!, /^image: our\/redis:8 brings a module that its server cannot load \(Module \/x\.so failed/);
    assert.deepEqual(more, []);
  });
});
