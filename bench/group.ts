import type { ContractEndpoint } from "../outputs/contract";
import type { RedisOptions } from "ioredis";

/** A master, two replicas and three Sentinels, whoever made them. */
export interface Group {
  /** How progress and results name it. */
  readonly label: string;
  /** Where the Sentinels are reached from this machine. */
  readonly sentinels: readonly ContractEndpoint[];
  readonly masterName: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** What an application on this machine connects with; asked again for each client, since addresses may change. */
  connection(): Promise<RedisOptions>;
  /** Name of the container that announces an address. */
  containerAt(address: ContractEndpoint): Promise<string>;
}

/** What both groups consist of. */
export const REPLICAS = 2;
export const SENTINELS = 3;
