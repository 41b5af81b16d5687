import { planCertificates } from "../../config/certificates";
import type { DeploymentPlan } from "../../config/plan";
import type { GroupTls } from "../../config/secrets";
import { makeCertificate, type Made } from "./makeCertificate";

const DAY_MS = 86_400_000;

/** An authority for tests. */
export const makeAuthority = (name: string): Made => makeCertificate({ name, authority: true });

/**
 * A certificate for each member of a plan.
 *
 * @param trusted the authorities, the newest first; the last one signs, as while one takes over from another.
 */
export function certificatesFor(
  plan: DeploymentPlan,
  trusted: readonly [Made, ...Made[]] = [makeAuthority("authority of a test")],
  days = 90,
): GroupTls {
  const authorities = trusted.map(({ certificate }) => certificate).join("");
  const by = trusted.at(-1)!;
  const to = new Date(Date.now() + days * DAY_MS);
  const members = planCertificates(plan).map(({ member, dnsNames, ipAddresses }) => {
    const { certificate, key } = makeCertificate({ name: member, by, dnsNames, ipAddresses, to });
    return [member, { authorities, certificate, key }] as const;
  });
  const client = makeCertificate({ name: "client", by, to });
  return {
    authorities,
    members: Object.fromEntries(members),
    ...(plan.settings.tlsClientCertificates === "no"
      ? {}
      : { client: { authorities, certificate: client.certificate, key: client.key } }),
  };
}
