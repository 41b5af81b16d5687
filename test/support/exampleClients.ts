import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Context } from "mocha";
import { run, type Ended } from "./pulumiProject";
import { skipBecause } from "./skipBecause";

const examples = join(__dirname, "..", "..", "examples");

/** How a program of examples/ is started; it reads a connection from its standard input. */
export interface ExampleClient {
  readonly name: string;
  readonly command: string;
  /** @param seconds for how long it goes on writing. */
  readonly args: (seconds?: number) => readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** examples/go-redis; without Go the test is skipped, and says so. */
export function goRedis(test: Context): ExampleClient {
  return {
    name: "go-redis",
    command: find("go", "/usr/local/go/bin", "/usr/lib/go/bin") ?? skipBecause(test, "there is no Go"),
    args: (seconds) => ["run", ".", ...(seconds === undefined ? [] : [String(seconds)])],
    folder: join(examples, "go-redis"),
    // Without C: no compiler needed. An older Go fetches the one that go.mod names.
    env: { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "auto" },
  };
}

/** examples/lettuce, compiled; without Maven and its repository the test is skipped. */
export async function lettuce(test: Context): Promise<ExampleClient> {
  const maven = find("mvn") ?? skipBecause(test, "there is no Maven");
  const goals = (...names: string[]) => ["--batch-mode", "--quiet", "--file", join(examples, "lettuce"), ...names];
  const compiled = await run(maven, goals("compile"), examples);
  if (/Could not transfer|Unknown host|release version \d+ not supported/.test(compiled.output)) {
    skipBecause(test, `Maven cannot build it here: ${compiled.output.trim().split("\n")[0]}`);
  }
  if (compiled.code !== 0) {
    throw new Error(`examples/lettuce does not compile:\n${compiled.output}`);
  }
  return {
    name: "Lettuce",
    command: maven,
    args: (seconds) => goals("exec:java", ...(seconds === undefined ? [] : [`-Dexec.args=${seconds}`])),
    folder: examples,
    env: process.env,
  };
}

/** Runs an example to its end, with a connection as its input. */
export const runExample = ({ command, args, folder, env }: ExampleClient, connection: string): Promise<Ended> =>
  run(command, args(), folder, env, connection);

function find(program: string, ...folders: readonly string[]): string | undefined {
  const places = [...(process.env.PATH ?? "").split(delimiter), ...folders];
  return places.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
