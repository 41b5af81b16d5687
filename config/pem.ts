import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";

/** Base64 between two lines that say what it is, and no header: what it says can be written anywhere. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\r\n\t ]+-----END \1-----/g;

/**
 * A PEM text without the comments around its blocks, as bundles have them. One without comments stays as it is, and so
 * does one with something begun that is no whole block, which is for the reader to refuse.
 */
export function withoutComments(pem: string): string {
  const blocks = pem.match(BLOCK);
  const rest = outsideBlocks(pem);
  return blocks === null || rest === "" || /-----(BEGIN|END) /.test(rest) ? pem : `${blocks.join("\n")}\n`;
}

const outsideBlocks = (pem: string): string => pem.replace(BLOCK, "").replace(/[\r\n\t ]/g, "");

/** All certificates in a PEM text, in its order; undefined if there is anything else in it, or none that can be read. */
export function certificatesIn(pem: string): readonly [X509Certificate, ...X509Certificate[]] | undefined {
  const blocks = pem.match(BLOCK) ?? [];
  const foreign = outsideBlocks(pem) !== "" || blocks.some((block) => !block.startsWith("-----BEGIN CERTIFICATE-----"));
  try {
    const [first, ...others] = blocks.map((block) => new X509Certificate(block));
    return first === undefined || foreign ? undefined : [first, ...others];
  } catch {
    return undefined;
  }
}

/** The private key in a PEM text; undefined if it cannot be read, as with a passphrase, or has other text around it. */
export function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return outsideBlocks(pem) === "" ? createPrivateKey(pem) : undefined;
  } catch {
    return undefined;
  }
}
