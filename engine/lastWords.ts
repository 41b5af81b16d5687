import { engineClient } from "./engineClient";
import { textOf } from "./output";

/** Bound on asking; the answer is only an explanation. */
const ANSWER_MS = 3_000;
const LOG_LINES = 30;

/** What a container says about its trouble: how it ended, its health check's last output, the end of its log. */
export async function lastWords(endpoint: string, container: string): Promise<string> {
  try {
    const engine = await engineClient(endpoint, ANSWER_MS);
    const handle = engine.getContainer(container);
    const [{ State: state }, log] = await Promise.all([
      handle.inspect(),
      handle.logs({ stdout: true, stderr: true, tail: LOG_LINES, follow: false }),
    ]);
    return summarize({
      running: state.Running && !state.Restarting,
      exitCode: state.ExitCode,
      health: healthLog(state).at(-1)?.Output,
      log: await textOf([log]),
    });
  } catch {
    return "";
  }
}

/** A container without a health check has none, whatever the client's types say. */
const healthLog = (state: { readonly Health?: { readonly Log?: { readonly Output: string }[] | null } }) =>
  state.Health?.Log ?? [];

export interface ContainerWords {
  readonly running: boolean;
  readonly exitCode: number;
  readonly health?: string;
  readonly log: string;
}

/** The most telling part of what a container said, on one line; pure. */
export function summarize({ running, exitCode, health, log }: ContainerWords): string {
  const said = (health ?? "").trim().split("\n").at(-1) ?? "";
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const words = tellingLines(lines).join(" ");
  return [
    ...(running ? [] : [`its container ended with exit code ${exitCode}`]),
    ...(running && said !== "" ? [`its health check says: ${said}`] : []),
    ...(words === "" ? [] : [`its log ends: ${words}`]),
  ].join("; ");
}

/** Redis's complaint about its configuration is two lines: the line and the reason. Others stand alone. */
function tellingLines(lines: readonly string[]): readonly string[] {
  const complaint = lines.findLastIndex((line) => line.startsWith(">>> "));
  return complaint >= 0 ? lines.slice(complaint, complaint + 2) : lines.slice(-1);
}
