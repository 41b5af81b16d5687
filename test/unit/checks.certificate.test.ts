import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { certificateAt, certificateWarnings, fewestDaysLeft, judgeCertificates } from "../../checks/certificate";
import type { GroupView } from "../../checks/view";
import { contractOf, healthyView } from "./checks.support";

const DAY_MS = 86_400_000;

/** A healthy group of which each member has a certificate with so many days left, of a life of a year. */
function viewWith(days: readonly number[]): GroupView {
  const { nodes, sentinels } = healthyView(contractOf(days.length - 1, 0));
  const certificate = (at: number) => certificateAt(0, 365 * DAY_MS, (365 - days[at]!) * DAY_MS);
  return { nodes: nodes.map((node, at) => ({ ...node, certificate: certificate(at) })), sentinels };
}

describe("days left of a certificate", () => {
  it("are whole days, and it is due in its last 30, or in the last third of a short life", () => {
    const at = (life: number, left: number) => certificateAt(0, life * DAY_MS, (life - left) * DAY_MS);
    assert.deepEqual(at(365, 100), { daysLeft: 100, due: false });
    assert.deepEqual(at(365, 30.9), { daysLeft: 30, due: false });
    assert.deepEqual(at(365, 30), { daysLeft: 30, due: true });
    assert.deepEqual(at(9, 3.5), { daysLeft: 3, due: false });
    assert.deepEqual(at(9, 3), { daysLeft: 3, due: true });
    assert.deepEqual(at(365, -0.5), { daysLeft: -1, due: true });
  });

  it("are a line for each member, and a warning for each that is due, with the way out", () => {
    const view = viewWith([100, 1, 29]);
    assert.deepEqual(
      judgeCertificates(view).map(({ subject, detail }) => `${subject}: ${detail}`),
      ["redis-master: 100 days left", "redis-replica-1: 1 day left", "redis-replica-2: 29 days left"],
    );
    assert.deepEqual(certificateWarnings(view), [
      "the certificate of redis-replica-1 has 1 day left; `npm run up` renews it once fewer than tlsRenewDays are left, and one of your own when tlsCertificate and tlsKey are set to a new one",
      "the certificate of redis-replica-2 has 29 days left; `npm run up` renews it once fewer than tlsRenewDays are left, and one of your own when tlsCertificate and tlsKey are set to a new one",
    ]);
    assert.equal(fewestDaysLeft(view), 1);
  });

  it("are no matter without TLS", () => {
    const view = healthyView(contractOf(2, 3));
    assert.deepEqual([judgeCertificates(view), certificateWarnings(view), fewestDaysLeft(view)], [[], [], undefined]);
  });
});
