/** Variables of a workflow's secrets that a message of Pulumi's, or of the program's, may have in it. */
const SECRET = ["DOCKER_HOST", "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"];

/**
 * What hides those values in a text, whole and in the parts that messages name: a comment is read by more people than the
 * log, in which GitHub masks them. The address of an engine or of files on the same machine is no secret.
 *
 * It is for texts that are about to be shown. A short value may be anywhere in what a preview is made of, and without it
 * there would be other changes.
 */
export function withoutValues(environment: NodeJS.ProcessEnv): (text: string) => string {
  const values = SECRET.map((name) => environment[name] ?? "").filter((value) => !/^(unix|file):/.test(value));
  // A message is shown line by line, and may have a value in quotes.
  const hidden = values
    .flatMap((value) => [value, ...value.split(/\r?\n/), ...addressParts(value)])
    .flatMap((part) => [part.trim(), JSON.stringify(part).slice(1, -1).trim()])
    .filter((part) => part !== "")
    .sort((a, b) => b.length - a.length);
  if (hidden.length === 0) {
    return (text) => text;
  }
  const pattern = new RegExp(
    [...new Set(hidden)].map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"),
    "g",
  );
  return (text) => text.replaceAll(pattern, "***");
}

/** Of `s3://user:password@host:port/path?query`: all before the query, who and where, the password, where, and the host. */
function addressParts(value: string): readonly string[] {
  const [, before, authority] = /^([\w+.-]+:\/\/([^/?#]+)[^?#]*)/.exec(value) ?? [];
  if (before === undefined || authority === undefined) {
    return [];
  }
  const [, password = "", place = ""] = /^(?:[^@]*?(?::([^@]*))?@)?(.*)$/.exec(authority) ?? [];
  const host = place.replace(/:\d+$/, "").replaceAll(/[[\]]/g, "");
  // This machine, and a plain word such as `docker`, are in sentences of all kinds.
  const telling = !/^([A-Za-z]*|127(\.\d+){3}|::1)$/.test(host);
  return [before, authority, password, place, ...(telling ? [host] : [])];
}
