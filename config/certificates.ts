import { allMembers, type DeploymentPlan } from "./plan";

/** What a member needs for TLS, each as PEM text. */
export interface MemberTls {
  /** Certificates of the authorities that it trusts, the newest first. */
  readonly authorities: string;
  /** Its own certificate, followed by those between it and the authority, if there are any. */
  readonly certificate: string;
  /** The private key of its certificate. */
  readonly key: string;
}

/** What the certificate of one member says. */
export interface CertificatePlan {
  /** Name of the member. */
  readonly member: string;
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** Days that an authority is valid: twice the longest certificate, so that those of its first half never outlive it. */
export const AUTHORITY_VALIDITY_DAYS = 7300;

/** The certificates of a deployment, members in the plan's order: under every name and address somebody may use. */
export function planCertificates(plan: DeploymentPlan): readonly CertificatePlan[] {
  return allMembers(plan).map(({ name, announced, reached }) => ({
    member: name,
    commonName: name,
    dnsNames: [name, "localhost"],
    // The last one is where its own scripts ask it.
    ipAddresses: [...new Set([announced.host, reached.host, "127.0.0.1"])],
  }));
}
