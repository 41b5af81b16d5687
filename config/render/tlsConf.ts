import type { DeploymentSettings } from "../schema";

/** Names of a member's files for TLS, in a folder of theirs. */
export const TLS_FILES = { certificate: "node.crt", key: "node.key", authorities: "authorities.crt" } as const;

type TlsSettings = Pick<DeploymentSettings, "tls" | "tlsClientCertificates">;

const CLIENT_CERTIFICATES = { no: "no", optional: "optional", required: "yes" } as const;

/**
 * Where a server listens: lines of redis.conf and of sentinel.conf alike, both of which know them all.
 *
 * @param folder where the member's certificate, its key and the authorities' certificates are.
 */
export function portLines(listenPort: number, settings: TlsSettings, folder: string): readonly string[] {
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
    `tls-cert-file ${folder}/${TLS_FILES.certificate}`,
    `tls-key-file ${folder}/${TLS_FILES.key}`,
    `tls-ca-cert-file ${folder}/${TLS_FILES.authorities}`,
  ];
}
