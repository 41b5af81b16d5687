import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Contract } from "../../outputs/contract";

/**
 * The contract as the applications' programs know it, written down by hand. `npm run types` fails when the outputs are
 * no longer this: then raise CONTRACT_VERSION if a program written for the older ones would break.
 */
interface Expected {
  contractVersion: 2;
  deployment: string;
  topology: "sentinel" | "replication";
  masterName: string;
  quorum: number;
  checkTimeoutS: number;
  network?: string;
  sentinels: Member[];
  nodes: Member[];
  natMap: Record<string, Endpoint>;
  users: Record<string, string>;
  tls?: Tls;
  connection: {
    sentinels?: Endpoint[];
    name?: string;
    host?: string;
    port?: number;
    username: string;
    password: string;
    sentinelUsername?: string;
    sentinelPassword?: string;
    connectTimeout?: number;
    sentinelCommandTimeout?: number;
    tls?: Tls;
    sentinelTLS?: Tls;
    enableTLSForSentinelMode?: boolean;
    natMap?: Record<string, Endpoint>;
  };
}
interface Endpoint {
  host: string;
  port: number;
}
interface Member extends Endpoint {
  name: string;
  announced: Endpoint;
  engine: string;
}
interface Tls {
  ca: string;
  cert?: string;
  key?: string;
}

type Same<A, B> = [A, B] extends [B, A]
  ? keyof A extends keyof B
    ? keyof B extends keyof A
      ? true
      : false
    : false
  : false;

describe("the contract's types", () => {
  it("are those that applications were written for", () => {
    const same: [
      Same<Contract, Readonly<Expected>>,
      Same<Contract["connection"], Expected["connection"]>,
      Same<Contract["nodes"][0], Member>,
    ] = [true, true, true];
    assert.deepEqual(same, [true, true, true]);
  });
});
