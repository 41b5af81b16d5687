import type { MemberTls } from "./certificates";
import type { UserPasswords } from "./users";

/** Everything of a deployment that nobody but its members and its clients may know. */
export interface GroupSecrets {
  readonly passwords: UserPasswords;
  /** Only with the setting `tls`. */
  readonly tls?: GroupTls;
}

/** The certificates of a deployment, each as PEM text. */
export interface GroupTls {
  /** Certificates of the authorities to trust, the newest first; no secret. */
  readonly authorities: string;
  /** By the member's name. */
  readonly members: Readonly<Record<string, MemberTls>>;
  /** What clients show, where the setting `tlsClientCertificates` lets them. */
  readonly client?: MemberTls;
}
