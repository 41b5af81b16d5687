import { Redis } from "ioredis";
import { addressOf, fieldsOf, listOf, type Fields } from "../checks/replies";
import type { ContractEndpoint } from "../outputs/contract";
import { REPLICAS, SENTINELS, type Group } from "./group";

/** What a watch needs to know of a group that may not be there yet. */
export type Watched = Pick<Group, "sentinels" | "masterName" | "sentinelUsername" | "sentinelPassword">;

/** Connections to all Sentinels of a group, kept open; a Sentinel that is not there yet is tried again and again. */
export class SentinelWatch implements Disposable {
  private readonly clients: readonly Redis[];

  constructor(private readonly group: Watched) {
    this.clients = group.sentinels.map(({ host, port }) =>
      new Redis({
        host,
        port,
        username: group.sentinelUsername,
        password: group.sentinelPassword,
        retryStrategy: () => 50,
        connectTimeout: 500,
        commandTimeout: 1000,
        // Asked of a Sentinel that is away, the answer is "not yet" at once.
        enableOfflineQueue: false,
        enableReadyCheck: false,
        maxRetriesPerRequest: 0,
        disableClientInfo: true,
      }).on("error", () => undefined),
    );
  }

  [Symbol.dispose](): void {
    this.clients.forEach((client) => client.disconnect());
  }

  /** Whether every Sentinel sees all replicas and all other Sentinels. */
  async isComplete(): Promise<boolean> {
    const masters = await this.ask(async (client) => fieldsOf(await this.sentinel(client, "MASTER")));
    return masters.every(
      (master) => Number(master["num-slaves"]) >= REPLICAS && Number(master["num-other-sentinels"]) === SENTINELS - 1,
    );
  }

  /**
   * The master's address if every Sentinel names the same one and could fail over to any of the replicas; else
   * undefined.
   */
  async settledMaster(): Promise<ContractEndpoint | undefined> {
    const views = await this.ask(async (client) => ({
      master: fieldsOf(await this.sentinel(client, "MASTER")),
      replicas: listOf(await this.sentinel(client, "REPLICAS")),
      peers: listOf(await this.sentinel(client, "SENTINELS")),
      address: addressOf(await this.sentinel(client, "GET-MASTER-ADDR-BY-NAME")),
    }));
    const [first] = views;
    const areReady = views.every(
      ({ master, replicas, peers, address }) =>
        master.flags === "master" &&
        address?.host === first!.address?.host &&
        address?.port === first!.address?.port &&
        peers.filter(({ flags }) => flags === "sentinel").length === SENTINELS - 1 &&
        replicas.filter(isPromotable).length >= REPLICAS,
    );
    return areReady ? first!.address : undefined;
  }

  private ask<T>(question: (client: Redis) => Promise<T>): Promise<T[]> {
    return Promise.all(this.clients.map(question));
  }

  private sentinel(client: Redis, word: string): Promise<unknown> {
    return client.call("SENTINEL", word, this.group.masterName);
  }
}

const isPromotable = (replica: Fields): boolean =>
  replica.flags === "slave" &&
  replica["role-reported"] === "slave" &&
  replica["master-link-status"] === "ok" &&
  Number(replica["slave-priority"]) > 0;
