import { endpointText, type DeploymentPlan, type Endpoint, type NodePlan, type SentinelPlan } from "../config/plan";
import { CONTRACT_VERSION, type Connection, type Contract, type ContractMember } from "./contract";

/** The part of a contract that is no secret; all of it follows from the plan, so that a preview can show it. */
export type ContractFacts = Omit<Contract, "password" | "connection">;

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
    sentinels,
    nodes,
    natMap: addressTranslation([...nodes, ...sentinels]),
  };
}

/** The outputs of a deployment; in the replication topology, as long as its initial master is the master. */
export function buildContract(plan: DeploymentPlan, password: string): Contract {
  const facts = contractFacts(plan);
  const contract = { ...facts, password };
  return facts.topology === "sentinel"
    ? { ...contract, connection: sentinelConnection(facts, password) }
    : { ...contract, connection: directConnection(facts.nodes[0]!, password) };
}

/** The same outputs, for a replication topology in which this node is the master now. */
export function withMaster(contract: Contract, master: Endpoint): Contract {
  return { ...contract, connection: directConnection(master, contract.password) };
}

const directConnection = ({ host, port }: Endpoint, password: string): Connection => ({ host, port, password });

function sentinelConnection({ sentinels, masterName, natMap }: ContractFacts, password: string): Connection {
  return {
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: masterName,
    password,
    sentinelPassword: password,
    ...(Object.keys(natMap).length > 0 ? { natMap } : {}),
  };
}

/** A member as the outputs show it. */
export function memberOutput({ name, reached, announced, engine }: NodePlan | SentinelPlan): ContractMember {
  return { name, ...reached, announced, engine: engine.endpoint };
}

function addressTranslation(members: readonly ContractMember[]): Contract["natMap"] {
  const translated = members.filter(({ host, port, announced }) => host !== announced.host || port !== announced.port);
  return Object.fromEntries(translated.map(({ host, port, announced }) => [endpointText(announced), { host, port }]));
}
