import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { Contract, ContractMember } from "../outputs/contract";
import { nodeClient, patient } from "./connections";
import { errorText } from "./failures";
import { describe } from "./members";
import { allowWrites, resync } from "./remedies";
import type { Verdict } from "./verdict";

/** Milliseconds that all replicas together have to acknowledge a write. */
const ACKNOWLEDGE_MS = 3000;
/** Milliseconds after which the key is gone even if the probe dies before it removes it. */
const EXPIRE_MS = 60_000;

/** Writes a key on the master, has all replicas acknowledge it (WAIT), reads it on each of them and removes it. */
export async function probeWrite(contract: Contract, master: ContractMember): Promise<readonly Verdict[]> {
  const replicas = contract.nodes.filter(({ name }) => name !== master.name);
  const key = `redis-on-docker:verify:${randomBytes(8).toString("hex")}`;
  const value = randomBytes(8).toString("hex");
  const client = nodeClient(contract, master, { ...patient, commandTimeout: ACKNOWLEDGE_MS + 2000 });
  try {
    const written = await writeOnMaster(contract, client, master, replicas.length, key, value);
    const isWritten = written.deviations.length === 0;
    const read = await Promise.all(replicas.map((replica) => readOnReplica(contract, replica, master, key, value)));
    // What was not written cannot be read; what was not acknowledged can still be missing on a replica, which names it.
    return isWritten || written.check === "WAIT" ? [written, ...read] : [written];
  } finally {
    await client.del(key).catch(() => undefined); // It expires by itself.
    client.disconnect();
  }
}

async function writeOnMaster(
  contract: Contract,
  client: Redis,
  master: ContractMember,
  replicas: number,
  key: string,
  value: string,
): Promise<Verdict> {
  const subject = master.name;
  const expected =
    replicas === 0
      ? "takes a write"
      : `takes a write that all ${replicas} replicas acknowledge within ${ACKNOWLEDGE_MS} ms`;
  try {
    await client.set(key, value, "PX", EXPIRE_MS);
  } catch (error) {
    const message = errorText(contract, error);
    return {
      subject,
      check: "SET",
      expected,
      detail: "",
      deviations: [{ seen: `does not take a write (${message})`, remedy: allowWrites(subject, message) }],
    };
  }
  const acknowledged = replicas === 0 ? 0 : await client.wait(replicas, ACKNOWLEDGE_MS).catch(() => 0);
  return {
    subject,
    check: "WAIT",
    expected,
    detail: `write acknowledged by ${acknowledged} of ${replicas} replicas`,
    deviations:
      acknowledged >= replicas
        ? []
        : [
            {
              seen: `has a write acknowledged by ${acknowledged} of ${replicas} replicas only`,
              remedy: resync(subject),
            },
          ],
  };
}

async function readOnReplica(
  contract: Contract,
  replica: ContractMember,
  master: ContractMember,
  key: string,
  value: string,
): Promise<Verdict> {
  const client = nodeClient(contract, replica, patient);
  const verdict = (...seen: string[]): Verdict => ({
    subject: replica.name,
    check: "GET",
    expected: `the value that was written on ${describe(master)}`,
    detail: `reads what was written on ${master.name}`,
    deviations: seen.map((text) => ({ seen: text, remedy: resync(replica.name) })),
  });
  try {
    return (await client.get(key)) === value
      ? verdict()
      : verdict(`does not have what was written on ${describe(master)}`);
  } catch (error) {
    return verdict(`cannot be read (${errorText(contract, error)})`);
  } finally {
    client.disconnect();
  }
}
