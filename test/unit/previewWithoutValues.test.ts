import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { previewFrom } from "../../ops/preview/read";
import { renderPreview } from "../../ops/preview/render";
import { withoutValues } from "../../ops/preview/withoutValues";
import { storedPreview } from "../support/previews";

describe("what a pull request is told", () => {
  it("names no value of a workflow's secrets", () => {
    const secrets = {
      DOCKER_HOST: "ssh://deploy@engine.example.com",
      PULUMI_BACKEND_URL: "s3://our-bucket?region=eu",
      PULUMI_ACCESS_TOKEN: "pul-0123456789",
      PULUMI_CONFIG_PASSPHRASE: 'of "mine" \\ and more',
    };
    const hide = withoutValues(secrets);
    for (const value of Object.values(secrets)) {
      assert.equal(hide(`the engine at ${value} does not answer`), "the engine at *** does not answer");
      assert.equal(hide(JSON.stringify({ value })), '{"value":"***"}');
    }
    assert.equal(
      withoutValues({ PULUMI_CONFIG_PASSPHRASE: "one line\nanother" })("of another, one line"),
      "of ***, ***",
    );
  });

  for (const [variable, value, message, shown] of [
    [
      "DOCKER_HOST",
      "tcp://10.1.2.3:2376",
      "dial tcp 10.1.2.3:2376: connect: refused",
      "dial tcp ***: connect: refused",
    ],
    ["DOCKER_HOST", "tcp://[fd00::7]:2376", "no route to fd00::7", "no route to ***"],
    ["DOCKER_HOST", "tcp://engine.example.com:2376", "lookup engine.example.com: no host", "lookup ***: no host"],
    [
      "DOCKER_HOST",
      "ssh://me:word@engine:22/path",
      "ssh: me:word@engine, engine:22, word",
      "ssh: me:***@engine, ***, ***",
    ],
    ["DOCKER_HOST", "tcp://docker:2376", "docker at docker:2376", "docker at ***"],
    ["DOCKER_HOST", "tcp://127.0.0.1:9", "127.0.0.1:9 and 127.0.0.1:6380", "*** and 127.0.0.1:6380"],
    [
      "PULUMI_BACKEND_URL",
      "s3://acme-states?region=eu",
      "open bucket s3://acme-states: denied",
      "open bucket ***: denied",
    ],
    ["PULUMI_BACKEND_URL", "s3://acme-states/a?region=eu", "no bucket acme-states", "no bucket ***"],
  ] as const) {
    it(`names no part of ${value} either: ${message}`, () => {
      assert.equal(withoutValues({ [variable]: value })(message), shown);
    });
  }

  it("names the engine and the state of this machine, which are none", () => {
    const here = {
      DOCKER_HOST: "unix:///var/run/docker.sock",
      PULUMI_BACKEND_URL: "file:///state",
      PULUMI_ACCESS_TOKEN: "",
    };
    const text = `the engine at ${here.DOCKER_HOST} does not answer`;
    assert.equal(withoutValues(here)(text), text);
  });

  // Of the form of what Pulumi prints, of what it says, and of all names.
  for (const passphrase of [
    "delete",
    "op",
    "resourcePreEvent",
    "summaryEvent",
    "urn",
    "Volume",
    "data",
    "a",
    "***",
    '"',
  ]) {
    it(`is the same whatever a secret is, but for what is hidden: ${passphrase}`, () => {
      const preview = previewFrom(storedPreview("scale-down"));
      const open = renderPreview(preview).split("\n");
      const hidden = renderPreview(preview, withoutValues({ PULUMI_CONFIG_PASSPHRASE: passphrase })).split("\n");
      const without = (line: string): string => line.replaceAll(/`[^`]*`/g, "``");
      assert.deepEqual(hidden.map(without), open.map(without));
      const data = passphrase === "data" || passphrase === "a" ? /2-d?\*\*\*/ : /2-data/;
      assert.match(hidden.join("\n"), new RegExp(`A volume with data is deleted: \`[^\`]*${data.source}`));
    });
  }

  it("hides in messages, in the names of things, and in what the policies say", () => {
    for (const [name, secret] of [
      ["bad-setting", "quorum"],
      ["scale-down", "pv-cache-replica-2"],
      ["several", "pv-cache-master"],
      ["policy", "data-kept"],
      ["policy", "dataVolumes is delete"],
    ] as const) {
      const preview = previewFrom(storedPreview(name));
      assert.ok(renderPreview(preview).includes(secret), secret);
      const comment = renderPreview(preview, withoutValues({ PULUMI_CONFIG_PASSPHRASE: secret }));
      assert.ok(!comment.includes(secret), comment);
    }
  });
});
