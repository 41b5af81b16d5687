import { allMembers, endpointText, type DeploymentPlan, type Endpoint, type MemberPlan } from "../config/plan";
import type { Health, Surveys } from "../engine/survey";
import type { Contract, ContractMember } from "../outputs/contract";

/** A container of a deployment, as it was found before an update. */
export interface FoundMember {
  readonly name: string;
  readonly kind: "data" | "sentinel";
  /** Endpoint of the engine that has it. */
  readonly engine: string;
  /** The engine's id of the container. */
  readonly id: string;
  readonly imageId: string;
  readonly running: boolean;
  readonly health?: Health;
  readonly revision?: string;
  readonly identity?: string;
  /** Where it is published on its engine's host; undefined on the host's own network. */
  readonly published?: Endpoint;
}

/** The containers that a deployment has now, also those that its plan no longer names; pure. */
export function findMembers(plan: DeploymentPlan, surveys: Surveys, stack: string): readonly FoundMember[] {
  return [...surveys].flatMap(([engine, { containers }]) =>
    containers.flatMap((container): FoundMember[] => {
      const { name, kind, owner, state, ports, id, imageId, health, revision, identity } = container;
      const isOwn = owner?.stack === stack && owner.deployment === plan.name;
      if (!isOwn || (kind !== "data" && kind !== "sentinel")) {
        return [];
      }
      const [port] = ports;
      const published = port === undefined ? undefined : { host: port.ip, port: port.port };
      return [{ name, kind, engine, id, imageId, running: state === "running", health, revision, identity, published }];
    }),
  );
}

/** Whether a member cannot be counted on: it is stopped, paused, restarting, or not (yet) healthy. */
export const isBroken = ({ running, health }: FoundMember): boolean => !running || (health ?? "healthy") !== "healthy";

/**
 * Under which name and address the others know a member, and how it lets them in; value of the label `redis-on-docker.identity`.
 *
 * Members that know no users, as those of earlier versions, let nobody in who sends a user's name; and one that speaks
 * TLS understands nobody who does not.
 */
export function identityOf(plan: DeploymentPlan, member: MemberPlan): string {
  return `${plan.settings.masterName}/${endpointText(member.announced)}, as users${plan.settings.tls ? " over TLS" : ""}`;
}

/** Names of a plan's members with what belongs to each. */
export function byName<T>(plan: DeploymentPlan, value: (member: MemberPlan) => T): ReadonlyMap<string, T> {
  return new Map(allMembers(plan).map((member) => [member.name, value(member)]));
}

/**
 * The contract with every member at the place where it listens now: one whose host port changes keeps the old one until
 * it is replaced; pure.
 *
 * @param moved names of the members that are already where the plan wants them.
 */
export function whereTheyAre(
  contract: Contract,
  plan: DeploymentPlan,
  found: readonly FoundMember[],
  moved: ReadonlySet<string>,
): Contract {
  const bindings = byName(plan, ({ bindAddress, hostPort }) => `${bindAddress}:${hostPort}`);
  const place = (member: ContractMember): ContractMember => {
    const published = moved.has(member.name) ? undefined : found.find(({ name }) => name === member.name)?.published;
    if (published === undefined || endpointText(published) === bindings.get(member.name)) {
      return member;
    }
    return { ...member, port: published.port, host: published.host === "0.0.0.0" ? member.host : published.host };
  };
  return { ...contract, nodes: contract.nodes.map(place), sentinels: contract.sentinels.map(place) };
}
