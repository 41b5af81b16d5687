// How Pulumi starts the policy pack in `policy/`, whichever `pulumi` it is.
//
// Today's Node.js language hosts start packs themselves, but the pack is not told of the stack's name and settings then,
// and the host that can be built (pieces/pulumi.mjs) is older and refuses. For a runtime that has no language host,
// every Pulumi runs a plugin that is named after it, with both in its environment. So the pack gets a second face in
// .toolchain/: a folder that names a runtime of ours, and the plugin for it, a script that runs the SDK's own
// `run-policy-pack` on the real one. It is the way in which Pulumi itself started packs before.

import { join } from "node:path";
import { readIfThere, writeWhole } from "./files.mjs";
import { paths } from "./paths.mjs";

const RUNTIME = "built-nodejs";
const PLUGIN = `analyzer-policy-${RUNTIME}`;

/** Relative to where it lies, so that a clone can be moved. The engine's address is the first argument. */
const SCRIPT = `#!/bin/sh
cd "$(dirname "$0")/../../../../policy" || exit 1
exec node ../node_modules/@pulumi/pulumi/cmd/run-policy-pack "$1" .
`;

/** What `--policy-pack` is given. */
export const policyPack = join(paths.made, "policy");

const files = [
  { path: join(policyPack, "PulumiPolicy.yaml"), text: `runtime: ${RUNTIME}\n`, mode: 0o644 },
  { path: join(paths.pulumiHome, "plugins", `${PLUGIN}-v1.0.0`, `pulumi-${PLUGIN}`), text: SCRIPT, mode: 0o755 },
];

export const isPolicyPluginThere = () => files.every(({ path, text }) => readIfThere(path) === text);

export function makePolicyPlugin() {
  for (const { path, text, mode } of files) writeWhole(path, text, mode);
}
