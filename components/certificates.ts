import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import {
  AUTHORITY_VALIDITY_DAYS,
  planCertificates,
  type CertificatePlan,
  type MemberTls,
} from "../config/certificates";
import type { DeploymentPlan } from "../config/plan";
import { rotationOf, TLS_AUTHORITY } from "../config/rotations";
import type { GroupTls } from "../config/secrets";
import { PACKAGE } from "./args";

export interface CertificatesArgs {
  /** The deployment whose members get certificates. */
  readonly plan: DeploymentPlan;
}

/** A key of its own, and a certificate that it signed itself. */
interface Authority {
  readonly key: tls.PrivateKey;
  readonly certificate: tls.SelfSignedCert;
}

/**
 * The authority of a deployment and a certificate for each member, or those that the settings bring along.
 *
 * A certificate that is due is renewed by an `up`, since the plugin then has it replaced. A new authority signs all
 * certificates anew once the overlap with the one before is over; the members keep their private keys.
 */
export class Certificates extends pulumi.ComponentResource {
  /** Certificates of the authorities to trust, the newest first: PEM text, and no secret. */
  readonly authorities: pulumi.Output<string>;
  /** What clients show, where they are to show something; secret. */
  readonly client: pulumi.Output<MemberTls> | undefined;
  private readonly members: ReadonlyMap<string, pulumi.Output<MemberTls>>;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    const { plan } = args;
    super(`${PACKAGE}:index:Certificates`, name, { deployment: plan.name }, opts);
    const { tlsAuthorities, tlsCertificate, tlsKey } = plan.settings;
    const asksClients = plan.settings.tlsClientCertificates !== "no";
    const all = planCertificates(plan);
    if (tlsCertificate !== "") {
      this.authorities = pulumi.output(tlsAuthorities);
      const own = pulumi.secret({ authorities: tlsAuthorities, certificate: tlsCertificate, key: tlsKey });
      this.members = new Map(all.map(({ member }) => [member, own] as const));
      this.client = asksClients ? own : undefined;
    } else {
      const [newest, ...older] = this.createAuthorities(plan);
      // Clients that trust the older one only have to be told of the newest first.
      const signer = older[0] ?? newest;
      this.authorities = pulumi
        .all([newest, ...older].map(({ certificate }) => certificate.certPem))
        .apply((certificates) => certificates.join(""));
      this.members = new Map(all.map((one) => [one.member, this.createMember(plan, one, signer)] as const));
      this.client = asksClients ? this.createMember(plan, clientOf(plan), signer, "privateKeyPemPkcs8") : undefined;
    }
    this.registerOutputs({ authorities: this.authorities });
  }

  /** All of it; secret. */
  get all(): pulumi.Output<GroupTls> {
    const all = {
      authorities: this.authorities,
      members: Object.fromEntries(this.members),
      ...(this.client === undefined ? {} : { client: this.client }),
    };
    return pulumi.secret(pulumi.output(all));
  }

  /** The newest, and the one before it while that is still trusted, and still signs. */
  private createAuthorities(plan: DeploymentPlan): [Authority, ...Authority[]] {
    const { generation, overlap } = rotationOf(plan.settings, TLS_AUTHORITY);
    const older = overlap ? [this.createAuthority(plan, generation - 1)] : [];
    return [this.createAuthority(plan, generation), ...older];
  }

  private createAuthority(plan: DeploymentPlan, generation: number): Authority {
    const name = `${plan.name}-tls-authority-${generation}`;
    const own = { parent: this };
    const key = new tls.PrivateKey(`${name}-key`, ELLIPTIC, own);
    const certificate = new tls.SelfSignedCert(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        // Two authorities of one name would be taken for each other where both are trusted.
        subject: { commonName: `${plan.name} authority ${generation}` },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        validityPeriodHours: hours(AUTHORITY_VALIDITY_DAYS),
      },
      own,
    );
    return { key, certificate };
  }

  /** @param form PKCS#8 is what Java's clients read too; a member's key stays as those that are deployed have it. */
  private createMember(
    plan: DeploymentPlan,
    planned: CertificatePlan,
    authority: Authority,
    form: "privateKeyPem" | "privateKeyPemPkcs8" = "privateKeyPem",
  ): pulumi.Output<MemberTls> {
    const { tlsValidityDays, tlsRenewDays } = plan.settings;
    const name = `${planned.member}-tls`;
    const own = { parent: this };
    const key = new tls.PrivateKey(`${name}-key`, ELLIPTIC, own);
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: planned.commonName },
        dnsNames: [...planned.dnsNames],
        ipAddresses: [...planned.ipAddresses],
      },
      own,
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: authority.key.privateKeyPem,
        caCertPem: authority.certificate.certPem,
        // Members are servers to all, and clients of each other.
        allowedUses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
        validityPeriodHours: hours(tlsValidityDays),
        earlyRenewalHours: hours(tlsRenewDays),
      },
      own,
    );
    return pulumi.secret(
      pulumi
        .all([this.authorities, certificate.certPem, key[form]])
        .apply(([authorities, certPem, keyPem]) => ({ authorities, certificate: certPem, key: keyPem })),
    );
  }
}

const clientOf = (plan: DeploymentPlan): CertificatePlan => ({
  member: `${plan.name}-client`,
  commonName: `${plan.name} client`,
  dnsNames: [],
  ipAddresses: [],
});

/** Short keys, quick handshakes, and understood by every client that there is. */
const ELLIPTIC = { algorithm: "ECDSA", ecdsaCurve: "P256" };

const hours = (days: number): number => days * 24;
