import { endpointText } from "../../config/plan";
import type { Client } from "../../outputs/clientOptions";
import type { ClientTls, Contract, ContractMember } from "../../outputs/contract";
import { environmentOf, renderDotenv } from "../../outputs/environment";
import { ofStack, readContract } from "../stack";
import { renderTable } from "../table";
import { EXIT } from "../../config/userError";

export interface OutputsOptions {
  readonly stack: string;
  readonly deployment?: string;
  readonly json?: boolean;
  readonly showSecrets?: boolean;
  /** Environment variables instead of a table. */
  readonly dotenv?: boolean;
  readonly from?: Client["from"];
  readonly user?: string;
  readonly node?: Client["node"];
}

const MASKED = "[secret]";

/** `npm run outputs`: what the applications' stacks get from this one. */
export async function outputs(options: OutputsOptions): Promise<number> {
  const { stack, deployment, json, showSecrets, dotenv, ...client } = options;
  const contract = await readContract(stack, deployment);
  if (dotenv) {
    process.stdout.write(ofStack(stack, () => renderDotenv(environmentOf(contract, client), !showSecrets)));
    return EXIT.ok;
  }
  const shown = showSecrets ? contract : withoutSecrets(contract);
  process.stdout.write(`${json ? JSON.stringify(shown, undefined, 2) : renderOutputs(shown)}\n`);
  return EXIT.ok;
}

/** The outputs with every secret masked; what is not secret in `connection` stays readable. */
export function withoutSecrets(contract: Contract): Contract {
  const { connection } = contract;
  return {
    ...contract,
    users: Object.fromEntries(Object.keys(contract.users).map((name) => [name, MASKED])),
    ...(contract.tls === undefined ? {} : { tls: withoutKey(contract.tls) }),
    connection: {
      ...connection,
      ...(connection.tls === undefined ? {} : { tls: withoutKey(connection.tls) }),
      ...(connection.sentinelTLS === undefined ? {} : { sentinelTLS: withoutKey(connection.sentinelTLS) }),
      password: MASKED,
      ...(connection.sentinelPassword === undefined ? {} : { sentinelPassword: MASKED }),
    },
  };
}

const withoutKey = (tls: ClientTls): ClientTls => ({ ...tls, ...(tls.key === undefined ? {} : { key: MASKED }) });

/** One output a line, a list's items each on their own. Pure. */
export function renderOutputs(contract: Contract): string {
  const { nodes, sentinels, natMap, users, tls, connection, ...plain } = contract;
  const rows = [
    ...Object.entries(plain).map(([name, value]) => [name, String(value)]),
    ...listRows("nodes", nodes.map(memberText)),
    ...listRows("sentinels", sentinels.map(memberText)),
    ...listRows(
      "natMap",
      Object.entries(natMap).map(([announced, reached]) => `${announced} -> ${endpointText(reached)}`),
    ),
    ...listRows(
      "users",
      Object.entries(users).map(([name, password]) => `${name}  ${password}`),
    ),
    ...(tls === undefined
      ? []
      : [["tls", `PEM text: ${Object.keys(tls).join(", ")} (--json --show-secrets shows it)`]]),
    ["connection", `options of a client: ${Object.keys(connection).join(", ")} (--json --show-secrets shows them)`],
  ];
  return renderTable([{ heading: "OUTPUT" }, { heading: "VALUE" }], rows);
}

const listRows = (name: string, items: readonly string[]): string[][] =>
  items.length === 0 ? [[name, "none"]] : items.map((item, index) => [index === 0 ? name : "", item]);

const memberText = ({ name, host, port, announced }: ContractMember): string =>
  `${name}  ${host}:${port}, announced as ${endpointText(announced)}`;
