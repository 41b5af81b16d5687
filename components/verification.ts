import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { openObserver } from "../checks/observe";
import { Patience } from "../checks/patience";
import { currentMaster } from "../checks/roles";
import { renderReport, verify, VerifyError } from "../checks/verify";
import { insideProbe } from "../checks/inside";
import { failure } from "../config/failure";
import { withMaster } from "../outputs/buildContract";
import type { Contract } from "../outputs/contract";

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
 * An update waits until a node is master, as nodes that were just created, or load much data, need a while; a preview looks once. When
 * nobody turns out to be master, the initial one is named, and the checks say what is wrong.
 */
export async function followMaster(contract: Contract): Promise<Contract> {
  const patience = new Patience(contract, pulumi.runtime.isDryRun() ? 0 : contract.checkTimeoutS * 1000);
  const observer = openObserver(contract);
  const started = performance.now();
  try {
    for (;;) {
      const view = await observer.look();
      const master = currentMaster(contract, view);
      if (master !== undefined || !patience.lasts(view, performance.now() - started, LOOK_AGAIN_MS)) {
        return withMaster(contract, master ?? contract.nodes[0]!);
      }
      await sleep(LOOK_AGAIN_MS);
    }
  } finally {
    observer.close();
  }
}
