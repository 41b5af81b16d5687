import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** All certificates in a PEM text, in its order; undefined if there is none, or one that cannot be read. */
export function certificatesIn(pem: string): readonly [X509Certificate, ...X509Certificate[]] | undefined {
  const blocks = pem.match(CERTIFICATE) ?? [];
  const begun = pem.split("-----BEGIN ").length - 1;
  try {
    const [first, ...others] = blocks.map((block) => new X509Certificate(block));
    return first === undefined || blocks.length < begun ? undefined : [first, ...others];
  } catch {
    return undefined;
  }
}

/** The private key in a PEM text; undefined if it cannot be read, as with a passphrase. */
export function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
