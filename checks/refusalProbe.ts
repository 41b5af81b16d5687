import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { endpointText } from "../config/plan";
import type { Contract, ContractMember } from "../outputs/contract";
import { causeOf, strangerClient } from "./connections";
import { errorText, failureOf } from "./failures";
import { bringBack, lockUp } from "./remedies";
import type { Deviation, Verdict } from "./verdict";

/** The password of the compose files that this project replaces; still the first that anybody tries. */
const OLD_PASSWORD = "pass";

/** What a stranger tries. */
interface Attempt {
  readonly with: string;
  readonly command: readonly [name: string, ...args: string[]];
}

/** Sees whether a member refuses whoever has no password, a wrong one, or the one that everybody knows. */
export async function probeRefusal(contract: Contract, member: ContractMember): Promise<Verdict> {
  const attempts: readonly Attempt[] = [
    { with: "no password", command: ["PING"] },
    { with: "a wrong password", command: ["AUTH", randomBytes(16).toString("hex")] },
    { with: `the password \`${OLD_PASSWORD}\``, command: ["AUTH", OLD_PASSWORD] },
  ];
  const client = strangerClient(member, contract.tls);
  const deviations: Deviation[] = [];
  try {
    // One after the other: Redis 8.0.2 forgets commands that came together with one that it refused.
    for (const attempt of attempts) {
      deviations.push(...(await tryOut(contract, member, client, attempt)));
      if (client.status === "end") {
        break;
      }
    }
  } finally {
    client.disconnect();
  }
  deviations.push(...(contract.tls === undefined ? [] : await tryPlain(member)));
  return {
    subject: member.name,
    check: "refuses strangers",
    expected: "NOAUTH without a password, WRONGPASS with a wrong one",
    detail: `no password, a wrong one and \`${OLD_PASSWORD}\` refused${contract.tls === undefined ? "" : ", plain text too"}`,
    deviations,
  };
}

/** Whatever a server answers in plain text, it should not have understood the question. */
async function tryPlain(member: ContractMember): Promise<readonly Deviation[]> {
  const client = strangerClient(member, undefined);
  try {
    await client.call("PING");
    return [{ seen: "answers in plain text", remedy: lockUp(member.name) }];
  } catch (error) {
    return isReply(error) ? [{ seen: "answers in plain text", remedy: lockUp(member.name) }] : [];
  } finally {
    client.disconnect();
  }
}

async function tryOut(
  contract: Contract,
  member: ContractMember,
  client: Redis,
  attempt: Attempt,
): Promise<readonly Deviation[]> {
  const [command, ...args] = attempt.command;
  try {
    await client.call(command, args);
    return [{ seen: `lets in whoever has ${attempt.with}`, remedy: lockUp(member.name) }];
  } catch (error) {
    const failure = failureOf(contract, causeOf(client) ?? error);
    if (failure.kind === "denied") {
      return [];
    }
    if (isReply(error)) {
      return [{ seen: `answers ${attempt.with} with \`${errorText(contract, error)}\``, remedy: lockUp(member.name) }];
    }
    client.disconnect();
    const seen = `does not answer a stranger (${failure.text} at ${endpointText(member)})`;
    return [{ seen, remedy: bringBack(member, failure) }];
  }
}

/** Whether an error is what a server answered, and not what became of the connection. */
const isReply = (error: unknown): boolean => error instanceof Error && error.name === "ReplyError";
