import type { DeploymentSettings } from "../schema";

/** Names of a member's files for TLS, beside its other secrets; node/lib-tls.sh knows them too. */
export const TLS_FILES = { certificate: "node.crt", key: "node.key", authorities: "authorities.crt" } as const;

type TlsSettings = Pick<DeploymentSettings, "tls" | "tlsClientCertificates">;

const CLIENT_CERTIFICATES = { no: "no", optional: "optional", required: "yes" } as const;

/**
 * Where a server listens: lines of redis.conf and of sentinel.conf alike, both of which know them all. Where its
 * certificate is says the node itself, since that changes (node/lib-tls.sh).
 */
export function portLines(listenPort: number, settings: TlsSettings): readonly string[] {
  if (!settings.tls) {
    return [`port ${listenPort}`];
  }
  return [
    "port 0",
    `tls-port ${listenPort}`,
    // A Sentinel's own connections, to data nodes and to other Sentinels, follow this one too.
    "tls-replication yes",
    `tls-auth-clients ${CLIENT_CERTIFICATES[settings.tlsClientCertificates]}`,
    'tls-protocols "TLSv1.2 TLSv1.3"',
  ];
}
