import { askEngine, type AskContainer } from "./hopeless";
import { execInContainer } from "../engine/execInContainer";
import { nodeCommand } from "../node/program";
import type { ContractEndpoint, ContractMember } from "../outputs/contract";
import type { Following, GroupView, NodeView, Seen } from "./view";

/** What a data node follows, by name only, until its role is decided (`STANDBY` in node/lib-env.sh). */
const NOBODY: ContractEndpoint = { host: "127.0.0.1", port: 1 };

/** Bound on asking one container; the answer only explains. */
const ANSWER_MS = 5000;

/** Runs a member's own health check and gives what it prints. */
export type AskHealth = (member: ContractMember) => Promise<string>;

/** Whether a node waits for its role; it takes no writes then. */
export const isStandby = (following: Following | undefined): boolean =>
  following?.master.host === NOBODY.host && following.master.port === NOBODY.port;

/**
 * The same look with the reasons of those that wait: nodes without a role, and members whose server is not started yet:
 * they do not know yet whom to watch, cannot load their data or a module, have no room; and with who has taken all
 * connections of a node that lets nobody else in. Asked in their containers, since a server that is not started answers
 * nobody, and a full node lets only its own program in.
 */
export async function withReasons(
  view: GroupView,
  askHealth: AskHealth = healthInContainer,
  askContainer: AskContainer = askEngine,
): Promise<GroupView> {
  const namingHolders = async (node: NodeView): Promise<NodeView> => {
    const { member, failure } = node;
    // With TLS, a server that is full closes the connection before it says anything.
    if (failure?.kind !== "full" && failure?.kind !== "closed") {
      return node;
    }
    const holders = holdersIn(await askHealth(member).catch(() => ""));
    return holders === undefined ? node : { member, failure: { kind: "full", text: holders } };
  };
  const explained = async <Facts>(seen: Seen<Facts>, waits: boolean): Promise<Seen<Facts>> => {
    const { member, failure } = seen;
    const [container, said] = await Promise.all([
      failure === undefined ? undefined : askContainer(member),
      waits ? askHealth(member).catch(() => "") : "",
    ]);
    const undecided = reasonIn(said);
    const known =
      container === undefined || failure === undefined ? seen : { member, failure: { ...failure, container } };
    return undecided === undefined ? known : { ...known, undecided };
  };
  const [nodes, sentinels] = await Promise.all([
    Promise.all(
      view.nodes.map(async (node) =>
        namingHolders(await explained(node, node.failure !== undefined || isStandby(node.facts.following))),
      ),
    ),
    Promise.all(view.sentinels.map((sentinel) => explained(sentinel, sentinel.failure !== undefined))),
  ]);
  return { nodes, sentinels };
}

const healthInContainer: AskHealth = async ({ engine, name }) =>
  (await execInContainer(engine, name, nodeCommand("health"), AbortSignal.timeout(ANSWER_MS))).output;

/** Who has taken all connections, in what the health check prints (node/lib-holders.sh). */
const holdersIn = (output: string): string | undefined =>
  /lets nobody else in: (all its \d+ connections are taken[^\n]*)/.exec(output)?.[1]?.trim();

/** The reason in what the health check prints (node/health.sh). */
const reasonIn = (output: string): string | undefined => /undecided, [\w ,-]+?: (.+)/.exec(output)?.[1]?.trim();
