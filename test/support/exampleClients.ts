import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Context } from "mocha";
import { run, type Ended } from "./pulumiProject";
import { skipBecause } from "./skipBecause";

const examples = join(__dirname, "..", "..", "examples");

/** Runs examples/go-redis with a connection as its input; without Go the test is skipped, and says so. */
export async function runGoRedis(test: Context, connection: string): Promise<Ended> {
  const go = find("go", "/usr/local/go/bin", "/usr/lib/go/bin") ?? skipBecause(test, "there is no Go");
  // Without C: no compiler needed. An older Go fetches the one that go.mod names.
  const env = { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "auto" };
  return run(go, ["run", "."], join(examples, "go-redis"), env, connection);
}

/** Runs examples/lettuce with a connection as its input; without Maven and its repository the test is skipped. */
export async function runLettuce(test: Context, connection: string): Promise<Ended> {
  const maven = find("mvn") ?? skipBecause(test, "there is no Maven");
  const goals = (...names: string[]) => ["--batch-mode", "--quiet", "--file", join(examples, "lettuce"), ...names];
  const compiled = await run(maven, goals("compile"), examples);
  if (/Could not transfer|Unknown host|release version \d+ not supported/.test(compiled.output)) {
    skipBecause(test, `Maven cannot build it here: ${compiled.output.trim().split("\n")[0]}`);
  }
  return compiled.code === 0 ? run(maven, goals("exec:java"), examples, process.env, connection) : compiled;
}

function find(program: string, ...folders: readonly string[]): string | undefined {
  const places = [...(process.env.PATH ?? "").split(delimiter), ...folders];
  return places.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
