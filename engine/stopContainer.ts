import { engineClient } from "./engineClient";
import { statusOf } from "./engineError";

/** How much longer than its grace period the end of a container may take: it is killed then, and taken off its network. */
const KILL_MS = 10_000;
const STOPPED_ALREADY = 304;
const GONE = 404;

/**
 * Stops a container; one that has stopped by itself meanwhile, or is gone, is no error.
 *
 * @param graceS seconds that it gets before it is killed.
 */
export async function stopContainer(endpoint: string, name: string, graceS: number): Promise<void> {
  const engine = await engineClient(endpoint, graceS * 1000 + KILL_MS);
  await engine
    .getContainer(name)
    .stop({ t: graceS })
    .catch((error: unknown) => {
      const status = statusOf(error);
      if (status !== STOPPED_ALREADY && status !== GONE) {
        throw error;
      }
    });
}
