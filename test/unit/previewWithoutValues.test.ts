import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { withoutValues } from "../../ops/preview/withoutValues";

describe("what a pull request is told", () => {
  const tell = (text: string, environment: NodeJS.ProcessEnv) =>
    withoutValues({ stack: "dev", exitCode: 1, stdout: JSON.stringify({ text }), stderr: text }, environment);

  it("names no value of a workflow's secrets", () => {
    const secrets = {
      DOCKER_HOST: "ssh://deploy@engine.example.com",
      PULUMI_BACKEND_URL: "s3://our-bucket?region=eu",
      PULUMI_ACCESS_TOKEN: "pul-0123456789",
      PULUMI_CONFIG_PASSPHRASE: 'of "mine" \\ and more',
    };
    for (const value of Object.values(secrets)) {
      const { stdout, stderr } = tell(`the engine at ${value} does not answer`, secrets);
      assert.equal(stderr, "the engine at *** does not answer");
      assert.deepEqual(JSON.parse(stdout), { text: stderr });
    }
  });

  it("names the engine and the state of this machine, which are none", () => {
    const here = {
      DOCKER_HOST: "unix:///var/run/docker.sock",
      PULUMI_BACKEND_URL: "file:///state",
      PULUMI_ACCESS_TOKEN: "",
    };
    const text = `the engine at ${here.DOCKER_HOST} does not answer`;
    assert.equal(tell(text, here).stderr, text);
  });
});
