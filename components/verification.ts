import * as pulumi from "@pulumi/pulumi";
import pRetry from "p-retry";
import { observe } from "../checks/observe";
import { currentMaster } from "../checks/roles";
import { renderReport, verify, VerifyError } from "../checks/verify";
import { insideProbe } from "../checks/inside";
import { failure } from "../config/failure";
import { withMaster } from "../outputs/buildContract";
import type { Contract, ContractMember } from "../outputs/contract";

/**
 * Runs the checks in every update and in no preview; a finding fails the update.
 *
 * @param contract an output that is there once all members are.
 * @returns an output that is there once the checks have passed.
 */
export function runChecks(contract: pulumi.Output<Contract>, resource: pulumi.Resource): pulumi.Output<void> {
  return contract.apply(async (group) => {
    if (pulumi.runtime.isDryRun()) {
      return;
    }
    const report = await verify(group, {
      inside: insideProbe,
      onProgress: (line) => void pulumi.log.info(line, resource, undefined, true),
    });
    if (report.findings.length > 0) {
      throw failure(new VerifyError(report).message);
    }
    void pulumi.log.info(renderReport(report), resource);
  });
}

/** Milliseconds between two looks for the master. */
const LOOK_AGAIN_MS = 250;

/**
 * The contract with the node that is the master now: the applications of a replication topology have no Sentinel to ask.
 *
 * An update waits until a node is master, as nodes that were just created need a moment; a preview looks once. When
 * nobody turns out to be master, the initial one is named, and the checks say what is wrong.
 */
export async function followMaster(contract: Contract): Promise<Contract> {
  const look = async (): Promise<ContractMember> => {
    const master = currentMaster(contract, await observe(contract));
    return master ?? Promise.reject(new Error("no node is master"));
  };
  const retries = pulumi.runtime.isDryRun() ? 0 : (contract.checkTimeoutS * 1000) / LOOK_AGAIN_MS;
  const options = { retries, factor: 1, minTimeout: LOOK_AGAIN_MS, maxRetryTime: contract.checkTimeoutS * 1000 };
  return withMaster(contract, await pRetry(look, options).catch(() => contract.nodes[0]!));
}
