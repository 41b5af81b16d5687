import type { PreviewRun } from "./read";

/** Variables of a workflow's secrets that a message of Pulumi's, or of the program's, may have in it. */
const SECRET = ["DOCKER_HOST", "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"];

/**
 * A preview that names none of those values: a comment is read by more people than the log, in which GitHub masks them.
 * The address of an engine or of files on the same machine is no secret.
 */
export function withoutValues(run: PreviewRun, environment: NodeJS.ProcessEnv): PreviewRun {
  const values = SECRET.map((name) => environment[name] ?? "").filter((value) => !/^$|^(unix|file):/.test(value));
  const hide = (text: string): string =>
    values.reduce(
      (all, value) => all.replaceAll(value, "***").replaceAll(JSON.stringify(value).slice(1, -1), "***"),
      text,
    );
  return { ...run, stdout: hide(run.stdout), stderr: hide(run.stderr) };
}
