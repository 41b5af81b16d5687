import { policyPackOptions } from "../policyPack";
import { runPulumi } from "../pulumi";
import { ensureStack } from "../toolchain";

export interface PreviewOptions {
  readonly stack: string;
  /** Further options for pulumi. */
  readonly args: readonly string[];
}

/** `npm run preview`: what `up` would change, and whether it keeps to the policies. */
export async function preview({ stack, args }: PreviewOptions): Promise<number> {
  await ensureStack(stack);
  return runPulumi(["preview", ...policyPackOptions(), "--stack", stack, ...args]);
}
