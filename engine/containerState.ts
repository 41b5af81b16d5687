import { engineClient } from "./engineClient";
import { statusOf } from "./engineError";

/** What an engine knows of a container, whatever runs in it. */
export interface ContainerState {
  /** `absent`: there is none of this name. The others are the engine's own words. */
  readonly status: "running" | "paused" | "restarting" | "created" | "exited" | "removing" | "dead" | "absent";
  /** How it ended last. */
  readonly exitCode: number;
  /** How often the engine has restarted it, since somebody started it. */
  readonly restarts: number;
}

/** Bound on one answer: it only explains what is known without it. */
const ANSWER_MS = 3_000;

/** Asks an engine for the state of a container; undefined when it does not answer. */
export async function containerState(endpoint: string, name: string): Promise<ContainerState | undefined> {
  try {
    const engine = await engineClient(endpoint, ANSWER_MS);
    const { State: state, RestartCount: restarts } = await engine.getContainer(name).inspect();
    return { status: state.Status as ContainerState["status"], exitCode: state.ExitCode, restarts };
  } catch (error) {
    return statusOf(error) === 404 ? { status: "absent", exitCode: 0, restarts: 0 } : undefined;
  }
}
