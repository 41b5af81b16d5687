import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "mocha";
import { needsOf } from "../../toolchain/commands.mjs";
import { splitImage } from "../../toolchain/docker.mjs";
import { withoutServers } from "../../toolchain/image-variant.mjs";
import { giveFolder } from "../../toolchain/image-build.mjs";
import { image, stackImage } from "../../toolchain/pieces/image.mjs";
import { Stop } from "../../toolchain/say.mjs";
import { IMAGE, VARIANTS } from "../../toolchain/versions.mjs";

describe("images that can be built", () => {
  it("are built over a list of packages that has no server yet, and everything else as it was", () => {
    const entry = (name: string) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\n`;
    const names = ["libc6", "redis-server", "redis-tools", "adduser", "valkey-tools", "libhiredis1.1.0"];
    const kept = withoutServers(`${names.map(entry).join("\n")}\n`);
    assert.deepEqual(kept.match(/^Package: .*$/gm), ["Package: libc6", "Package: adduser", "Package: libhiredis1.1.0"]);
    assert.equal(withoutServers(kept), kept);
  });

  it("have the tag of the series that their packages must have", () => {
    for (const [image, { packages, series }] of Object.entries(VARIANTS)) {
      const { name, tag } = splitImage(image);
      assert.notEqual(image, IMAGE);
      assert.ok(packages[0].startsWith(name.replace(/^.*\//, "")), image);
      assert.match(tag, new RegExp(`^${series}([.-].*)?$`), image);
    }
  });

  it("are got for a stack that is set to one; another one is left to Pulumi and its credentials", () => {
    const folder = mkdtempSync(join(tmpdir(), "toolchain-images-"));
    try {
      writeFileSync(join(folder, "Pulumi.dev.yaml"), "config:\n  redis-on-docker:image: redis:7.0.15 # for now\n");
      writeFileSync(join(folder, "Pulumi.prod.yaml"), 'config:\n  redis-on-docker:image: "our.registry/redis:8"\n');
      assert.equal(stackImage([], folder), "redis:7.0.15");
      assert.equal(stackImage(["--json"], folder), "redis:7.0.15");
      assert.equal(stackImage(["--yes", "--stack", "dev"], folder), "redis:7.0.15");
      assert.equal(stackImage(["prod"], folder), undefined);
      assert.equal(stackImage(["no-such-stack"], folder), undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are asked for at an engine that breaks off with a sentence, not a trace", async () => {
    const engine = createServer((request) => request.socket.destroy());
    await new Promise<void>((listening) => engine.listen(0, "127.0.0.1", listening));
    const host = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
    const broken = (error: unknown) => {
      assert.ok(error instanceof Stop, String(error));
      assert.match(error.message, /^image: the engine tcp:\S+ did not do (GET|POST) \/\S+: .+; see whether it is busy/);
      return true;
    };
    const found = { engine: { summary: "", variables: { DOCKER_HOST: host } } };
    try {
      await assert.rejects(image.find({ env: {}, offline: true, image: IMAGE, found }), broken);
      await assert.rejects(giveFolder("toolchain/node", host, process.env, "/build"), broken);
      await assert.rejects(giveFolder("toolchain/node", host, { PATH: "/nowhere" }, "/build"), broken);
    } finally {
      engine.closeAllConnections();
      engine.close();
    }
  });

  it("need an engine and nothing of Pulumi", () => {
    assert.deepEqual(needsOf("image", ["redis:7.0.15"]).needs, ["engine", "image"]);
  });
});
