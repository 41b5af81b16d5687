import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultEngineEndpoint } from "../config/plan";
import { refuseOtherEngine } from "../engine/otherEngine";
import { exportRaw, hasResources, stateOf, type ExportedState } from "./exportedState";
import { takeOver } from "./adopt";
import { say } from "./announce";
import { lossText, lostVolumes, remakeVolumes } from "./lostVolumes";
import { askPulumi } from "./pulumi";
import { pulumiReason } from "./stack";
import { UserError } from "../config/userError";
import { settingsFile } from "./words";

/**
 * Makes sure that an update does not stop half-way for a reason that is known before.
 *
 * @param ask asks whether to go on without any of the data that there was; undefined where nobody is to be asked.
 * @returns pulumi's options for it; undefined when it is not to be.
 * @throws UserError when the stack's secrets cannot be encrypted, or a lost volume cannot be made anew.
 */
export async function beforeUpdate(
  stack: string,
  ask: ((question: string) => Promise<boolean>) | undefined,
): Promise<readonly string[] | undefined> {
  const raw = await exportRaw(stack);
  const elsewhere = await refuseOtherEngine(raw.deployment.resources, defaultEngineEndpoint(process.env));
  if (elsewhere.length > 0) {
    throw new UserError(elsewhere.map(({ path, reason }) => `${path}: ${reason}`).join("\n"));
  }
  const state = stateOf(await takeOver(stack, raw));
  if (!hasResources(state)) {
    await requireEncryption(stack);
  }
  const loss = await lostVolumes(state);
  const text = lossText(loss);
  if (text !== undefined) {
    say(text);
  }
  if (loss.everything && ask !== undefined && !(await ask(`Deploy stack "${stack}" afresh, without data?`))) {
    return undefined;
  }
  await remakeVolumes(loss);
  return previewOptions(state);
}

/**
 * Pulumi refuses to delete what is protected when it comes to it: in an update after all that is changed, in the preview
 * before anything is.
 */
export const previewOptions = ({ resources }: ExportedState): readonly string[] =>
  resources.some((resource) => resource.protect) ? [] : ["--skip-preview"];

/**
 * Pulumi tries a passphrase when it reads the first secret. Where there is none yet, that is when it records what it has
 * created already, and then cannot.
 */
async function requireEncryption(stack: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-"));
  try {
    const copy = join(folder, "Pulumi.yaml");
    const file = settingsFile(stack);
    if (existsSync(file)) {
      copyFileSync(file, copy);
    }
    const result = await askPulumi([
      "config",
      "set",
      "--secret",
      "probe",
      "x",
      "--config-file",
      copy,
      "--stack",
      stack,
    ]);
    if (result.exitCode !== 0) {
      throw new UserError(
        `The secrets of stack "${stack}" cannot be encrypted, so nothing was changed: ${pulumiReason(result.stderr)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
