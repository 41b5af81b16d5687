import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseMagic, parseServer, reads, serverOfTag, type ServerVersion } from "../../engine/dataFormat";
import { engineClient } from "../../engine/engineClient";
import { lookInto, parseLook } from "../../engine/lookInto";
import { judgeImage, type RunningImage } from "../../engine/serverVersion";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { FakeEngine } from "./fakeEngine.support";

const redis7 = serverOfTag("redis:7.0.15")!;
const redis72 = serverOfTag("redis:7.2.4")!;
const redis8 = serverOfTag("redis:8.0.2")!;
const valkey8 = serverOfTag("valkey/valkey:8.1")!;
const valkey9 = serverOfTag("valkey/valkey:9.0.1")!;
const names = new Map([
  [redis7, "redis 7.0"],
  [redis72, "redis 7.2"],
  [redis8, "redis 8.0"],
  [valkey8, "valkey 8.1"],
  [valkey9, "valkey 9.0"],
]);

describe("which server reads whose data", () => {
  it("is as the table in docs/upgrade.md says", () => {
    const readable = (from: ServerVersion) =>
      [...names].filter(([to]) => reads(to, from.format)).map(([, name]) => name);
    assert.deepEqual(readable(redis7), ["redis 7.0", "redis 7.2", "redis 8.0", "valkey 8.1", "valkey 9.0"]);
    assert.deepEqual(readable(redis72), ["redis 7.2", "redis 8.0", "valkey 8.1", "valkey 9.0"]);
    assert.deepEqual(readable(redis8), ["redis 8.0"]);
    assert.deepEqual(readable(valkey8), ["redis 7.2", "redis 8.0", "valkey 8.1", "valkey 9.0"]);
    assert.deepEqual(readable(valkey9), ["valkey 9.0"]);
  });

  it("follows from what a server says of itself and writes", () => {
    const line = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=e08dbad3e06f3fb";
    assert.deepEqual(parseServer(line, "REDIS0010"), redis7);
    assert.equal(parseServer("Valkey server v=9.0.1 sha=0", "VALKEY080")?.format.number, 80);
    assert.deepEqual(parseMagic("VALKEY080"), valkey9.format);
  });

  it("is unknown when the server did not come up, or is something else", () => {
    assert.equal(parseServer("/bin/sh: redis-server: not found", "REDIS0010"), undefined);
    assert.equal(parseServer("Redis server v=8.0.2 sha=0", "Redis server v=8.0.2 sha=0"), undefined);
    assert.equal(parseMagic("REDIS12"), undefined);
  });

  it("is read from an image's name where there is nothing else, a short tag being the latest of its series", () => {
    const said = (image: string) => {
      const server = serverOfTag(image);
      return server && `${server.product} ${server.version} ${server.format.number}`;
    };
    assert.equal(said("redis:7.2-alpine"), "redis 7.2 11");
    assert.equal(said("registry:5000/library/redis:6.2.14"), "redis 6.2.14 9");
    assert.equal(said("redis:7"), "redis 7 12");
    assert.equal(said("valkey/valkey:8"), "valkey 8 11");
    assert.equal(said("valkey/valkey:8.1.3-bookworm"), "valkey 8.1.3 11");
    for (const image of ["redis:latest", "redis", "myredis:7.0", "redis@sha256:ab", "redis:2.8"]) {
      assert.equal(said(image), undefined, image);
    }
  });
});

describe("the server of an image, which may be anybody's", () => {
  const createdWith = async (overrides: DeploymentOverrides) => {
    const engine = new FakeEngine(() => ({ status: 404, body: { message: "no such image" } }));
    await engine.start();
    try {
      const client = await engineClient(engine.endpoint, 5000);
      assert.equal(await lookInto(client, "sha256:0123", parseDeployment(overrides)), undefined);
      const [create] = engine.requests;
      return JSON.parse(create!.body.toString()) as { readonly User: string; readonly Env: readonly string[] };
    } finally {
      await engine.stop();
    }
  };

  it("runs as the servers' user and in their group, which root's would be without a word", async () => {
    assert.equal((await createdWith({})).User, "999:999");
  });

  it("is told which modules it would load and which rights the users have, and no password", async () => {
    const { Env } = await createdWith({
      modules: false,
      password: "sixteen-or-more-characters",
      extraRedisConf: ["hz 20", "loadmodule /opt/own.so a 'secret word'"],
      users: [{ name: "carts", keys: ["cart:*"], commands: ["@read"] }],
    });
    assert.deepEqual(Env.slice(0, 2), ["MODULES=no", "LOADMODULE_LINES=loadmodule /opt/own.so"]);
    assert.match(Env[2]!, /^USER_LINES=admin reset on ~\* [^]*\ncarts reset on ~cart:\* [^]*\ndefault reset off/);
    assert.doesNotMatch(Env.join("\n"), /sixteen|secret|#[0-9a-f]{64}/);
  });

  it("says its version and format, its modules, and what it does not take", () => {
    const line = "Redis server v=8.0.2 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=b843bbd074c0e1da";
    assert.deepEqual(parseLook(`${line}\nREDIS0012`), { server: redis8, modules: [], broken: undefined, refused: [] });
    const said = [
      line,
      "module ReJSON",
      "module bf",
      "refused carts ERR Error in ACL SETUSER modifier '+@tdigest': Unknown command or category name in ACL",
      "broken Module /x/torn.so failed to load: /x/torn.so: file too short",
      "REDIS0012",
    ];
    assert.deepEqual(parseLook(said.join("\n")), {
      server: redis8,
      modules: ["ReJSON", "bf"],
      broken: "Module /x/torn.so failed to load: /x/torn.so: file too short",
      refused: [
        {
          user: "carts",
          reason: "ERR Error in ACL SETUSER modifier '+@tdigest': Unknown command or category name in ACL",
        },
      ],
    });
    assert.equal(parseLook("sh: redis-server: not found"), undefined);
  });
});

describe("another image", () => {
  const now: RunningImage = { node: "redis-master", image: "redis:8.0.2", server: redis8 };

  it("is refused in one sentence: what was asked, what runs, why, and the fix", () => {
    assert.deepEqual(judgeImage("redis:7.0.15", redis7, [now]), [
      {
        path: "image",
        reason:
          "redis:7.0.15 is Redis 7.0.15, which reads data files up to RDB version 10, but redis-master runs Redis 8.0.2 and writes RDB version 12, which it could not read; fix: pulumi config set image redis:8.0.2, or deploy redis:7.0.15 under another name and copy the data over (docs/upgrade.md)",
      },
    ]);
    assert.match(judgeImage("valkey/valkey:9.0.1", valkey9, [now])[0]!.reason, /up to Valkey's RDB version 80, but/);
  });

  it("is judged by the newest of the servers that run", () => {
    const older: RunningImage = { node: "redis-replica-1", image: "redis:7.0.15", server: redis7 };
    assert.equal(judgeImage("redis:7.0.15", redis7, [older, now]).length, 1);
    assert.deepEqual(judgeImage("redis:7.2.4", redis72, [older]), []);
  });

  it("is let through upwards, and when nothing is known", () => {
    assert.deepEqual(judgeImage("redis:8.0.2", redis8, [now]), []);
    assert.deepEqual(judgeImage("redis:next", undefined, [now]), []);
    assert.deepEqual(judgeImage("redis:7.0.15", redis7, [{ ...now, server: undefined }]), []);
  });
});
