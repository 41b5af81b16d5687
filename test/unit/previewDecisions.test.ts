import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { previewFrom } from "../../ops/preview/read";
import { renderPreview } from "../../ops/preview/render";
import { CONTAINER_OF_REPLICA, madeUpPreview, VOLUME_OF_REPLICA, type MadeUpStep } from "../support/previews";

const told = (...steps: readonly MadeUpStep[]): string =>
  renderPreview(previewFrom({ stack: "acme/redis/dev", exitCode: 0, stdout: madeUpPreview(steps), stderr: "" }));
const volume = (op: string, name: string, more: Partial<MadeUpStep> = {}): MadeUpStep => ({
  op,
  types: VOLUME_OF_REPLICA,
  name,
  deployment: "cache",
  ...more,
});
const network = (op: string, metadata?: MadeUpStep["metadata"]): MadeUpStep => ({
  op,
  types: "redis-on-docker:index:RedisDeployment$docker:index/network:Network",
  name: "cache-network",
  deployment: "cache",
  metadata,
});

describe("what a pull request is told of what cannot be taken back", () => {
  it("says of each deployment by itself whether copies of the data stay", () => {
    const comment = told(
      { op: "delete", types: "redis-on-docker:index:RedisDeployment", name: "old" },
      volume("delete", "old-master-data", { deployment: "old" }),
      volume("delete", "cache-replica-2-data"),
    );
    assert.match(comment, /deleted: `old-master-data`\.\*\* No copy stays, but for backups of yours\.$/m);
    assert.match(comment, /deleted: `cache-replica-2-data`\.\*\* The members that stay keep theirs\.$/m);
  });

  for (const [what, old, sentence] of [
    ["gone", {}, "A volume with data is replaced: `a-data`.** What is on it is lost. Because of `driver`."],
    [
      "kept",
      { retainOnDelete: true },
      "A volume with data is replaced: `a-data`.** The one of now stays on the engine, and leaves the stack. Because of `driver`.",
    ],
    [
      "protected",
      { protect: true },
      "A protected volume would be replaced: `a-data`.** Pulumi refuses to. If you mean it:",
    ],
  ] as const) {
    it(`says what becomes of a volume that is replaced and ${what}`, () => {
      const comment = told(volume("replace", "a-data", { old, metadata: { keys: ["driver"] } }));
      assert.ok(comment.includes(`> - **${sentence}`), comment);
      assert.equal(comment.match(/a-data`\.\*\*/g)?.length, 1);
    });
  }

  it("says so where Pulumi names no property that makes a replacement necessary", () => {
    const comment = told(volume("replace", "a-data"));
    assert.match(comment, /What is on it is lost\. Pulumi names no property as the reason\.$/m);
    assert.match(comment, /^\| \*\*replaced\*\* \| `a-data` \| Pulumi names no property \|$/m);
  });

  it("names what has to be unprotected as the command takes it, whole", () => {
    const name = `${"n".repeat(80)}-data`;
    assert.ok(
      told(volume("delete", name, { old: { protect: true } })).includes(
        `\`npm run -s pulumi -- state unprotect 'URN' --stack dev\`, once for each URN: \`urn:pulumi:dev::redis-on-docker::${VOLUME_OF_REPLICA}::${name}\`.`,
      ),
    );
  });

  it("expects that a network that is replaced takes all down", () => {
    const comment = told(network("replace", { keys: ["ipamConfigs"] }));
    assert.match(comment, /All containers on it go down for that\. Because of `ipamConfigs`\.$/m);
    assert.match(
      comment,
      /^> \*\*Interruption: some seconds\.\*\* A network is replaced, and all containers on it go/m,
    );
    assert.doesNotMatch(comment, /Nothing is restarted/);
  });
});

describe("what a pull request is told of a member that comes to others", () => {
  const container = { ...volume("create", "cache-replica-1"), types: CONTAINER_OF_REPLICA };
  it("is true of a new one, and of one that has lost its volume with its container", () => {
    assert.match(
      told(container, volume("create", "cache-replica-1-data")),
      /^\| created: starts empty, and copies the data \| `cache-replica-1` \|/m,
    );
    assert.match(told(container), /^\| created again: it was stopped or lost \| `cache-replica-1` \|/m);
  });
});
