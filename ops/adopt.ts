import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEPLOYMENT_LABEL, KIND_LABEL, STACK_LABEL } from "../config/labels";
import { UserError } from "../config/userError";
import { engineClient } from "../engine/engineClient";
import { labelsOf } from "../engine/labelsOf";
import { recordedOwner } from "../engine/ownership";
import { CONTAINER, NETWORK } from "../engine/resourceTypes";
import { say } from "./announce";
import { adopt, describeAdoption, enginesIn, identityIn, type Adoption, type Found } from "./adoption";
import type { RawState } from "./exportedState";
import { askPulumi } from "./pulumi";
import { pulumiReason } from "./stack";

/** Bound on one answer of an engine. */
const ANSWER_MS = 10_000;

/**
 * Looks on the engines for what is a stack's and not in its state. An engine that does not answer has nothing: the
 * update says so.
 *
 * @param follow endpoint of the engine to follow for deployments without the setting `hosts`; undefined for none.
 */
export async function findAdoption(state: RawState, follow?: string): Promise<Adoption> {
  // Without a label in the state, only a person can tell that what has the stack's name is the stack's own.
  const owner = recordedOwner(state.deployment.resources) ?? (follow === undefined ? undefined : identityIn(state));
  const engines = [...new Set([...(follow === undefined ? [] : [follow]), ...enginesIn(state)])];
  const found = owner === undefined ? [] : await Promise.all(engines.map((engine) => ownedOn(engine, owner)));
  return adopt(state, found.flat(), follow);
}

/**
 * Puts into a stack's state, and says, what is its own on its engines without a doubt.
 *
 * @returns the state, as it is then.
 * @throws UserError when Pulumi does not take it.
 */
export async function takeOver(stack: string, state: RawState): Promise<RawState> {
  const adoption = await findAdoption(state);
  if (adoption.adopted.length === 0) {
    return state;
  }
  describeAdoption(adoption).forEach((line) => say(line));
  await recordAdoption(stack, adoption);
  return adoption.state;
}

/** @throws UserError when Pulumi does not take it. */
export async function recordAdoption(stack: string, { state }: Adoption): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "redis-state-"));
  try {
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    const { exitCode, stderr } = await askPulumi(["stack", "import", "--file", file, "--stack", stack]);
    if (exitCode !== 0) {
      throw new UserError(`Pulumi does not take the state of stack "${stack}": ${pulumiReason(stderr)}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All containers and networks on an engine that carry a stack's label. */
async function ownedOn(endpoint: string, owner: string): Promise<readonly Found[]> {
  const filters = { label: [`${STACK_LABEL}=${owner}`, DEPLOYMENT_LABEL] };
  try {
    const engine = await engineClient(endpoint, ANSWER_MS);
    const [containers, networks] = await Promise.all([
      engine.listContainers({ all: true, filters }),
      engine.listNetworks({ filters }),
    ]);
    const common = (thing: Parameters<typeof labelsOf>[0]) => ({
      deployment: labelsOf(thing)[DEPLOYMENT_LABEL]!,
      engine: endpoint,
    });
    return [
      ...networks.map((network): Found => ({ type: NETWORK, name: network.Name, id: network.Id, ...common(network) })),
      ...containers.map((container): Found => ({
        type: CONTAINER,
        name: container.Names[0]!.replace(/^\//, ""),
        id: container.Id,
        kind: labelsOf(container)[KIND_LABEL],
        ...common(container),
      })),
    ];
  } catch {
    return [];
  }
}
