import { endpointText, type DeploymentPlan, type Endpoint, type NodePlan, type SentinelPlan } from "../config/plan";
import type { GroupSecrets, GroupTls } from "../config/secrets";
import { userNames } from "../config/users";
import { accessOf } from "./access";
import { CONNECT_TIMEOUT_MS, sentinelOptions } from "./clientOptions";
import { CONTRACT_VERSION, type Connection, type Contract, type ContractMember } from "./contract";

/** The part of a contract that is no secret; all of it follows from the plan, so that a preview can show it. */
export type ContractFacts = Omit<Contract, "users" | "tls" | "connection">;

export function contractFacts(plan: DeploymentPlan): ContractFacts {
  const { topology, masterName, checkTimeoutS } = plan.settings;
  const nodes = plan.nodes.map(memberOutput);
  const sentinels = plan.sentinels.map(memberOutput);
  return {
    contractVersion: CONTRACT_VERSION,
    deployment: plan.name,
    topology,
    masterName,
    quorum: plan.quorum,
    checkTimeoutS,
    ...(plan.networks.length === 0 ? {} : { network: plan.networks[0]!.name }),
    sentinels,
    nodes,
    natMap: addressTranslation([...nodes, ...sentinels]),
  };
}

/** The outputs of a deployment; in the replication topology, as long as its initial master is the master. */
export function buildContract(plan: DeploymentPlan, { passwords, tls }: GroupSecrets): Contract {
  const facts = contractFacts(plan);
  const users = Object.fromEntries(userNames(plan.settings).map((name) => [name, passwords[name]![0]!]));
  const contract = { ...facts, users, ...(tls === undefined ? {} : { tls: clientTls(tls) }) };
  return facts.topology === "sentinel"
    ? { ...contract, connection: sentinelOptions(contract, accessOf(contract, "app"), outside) }
    : { ...contract, connection: directConnection(contract, facts.nodes[0]!) };
}

/** The same outputs, for a replication topology in which this node is the master now. */
export function withMaster(contract: Contract, master: Endpoint): Contract {
  return { ...contract, connection: directConnection(contract, master) };
}

type WithUsers = Omit<Contract, "connection">;

const outside = ({ host, port }: Endpoint): Endpoint => ({ host, port });

const directConnection = (contract: WithUsers, { host, port }: Endpoint): Connection => ({
  host,
  port,
  ...accessOf(contract, "app"),
  connectTimeout: CONNECT_TIMEOUT_MS,
  ...(contract.tls === undefined ? {} : { tls: contract.tls }),
});

/** Whom clients trust, and what they show if they may be asked. */
const clientTls = ({ authorities, client }: GroupTls): Contract["tls"] => ({
  ca: authorities,
  ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
});

/** A member as the outputs show it. */
export function memberOutput({ name, reached, announced, engine }: NodePlan | SentinelPlan): ContractMember {
  return { name, ...reached, announced, engine: engine.endpoint };
}

function addressTranslation(members: readonly ContractMember[]): Contract["natMap"] {
  const translated = members.filter(({ host, port, announced }) => host !== announced.host || port !== announced.port);
  return Object.fromEntries(translated.map(({ host, port, announced }) => [endpointText(announced), { host, port }]));
}
