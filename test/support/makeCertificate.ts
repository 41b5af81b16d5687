import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

/** X.509 certificates for tests, without a program for them: a few lines of DER. */

/** A certificate, and the key that it is for. */
export interface Made {
  readonly name: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Wanted {
  readonly name: string;
  /** Who signs it; it does so itself if nobody does. */
  readonly by?: Made;
  readonly authority?: boolean;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly from?: Date;
  readonly to?: Date;
  /** Who may show it; everybody if nothing is said. */
  readonly usages?: readonly ("server" | "client")[];
}

const DAY_MS = 86_400_000;

const length = (bytes: number): Buffer => {
  const digits = bytes.toString(16);
  const whole = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return bytes < 128 ? Buffer.from([bytes]) : Buffer.concat([Buffer.from([128 + whole.length]), whole]);
};
const element = (tag: number, ...contents: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
};
const sequence = (...contents: readonly Buffer[]): Buffer => element(0x30, ...contents);
const hex = (tag: number, digits: string): Buffer => element(tag, Buffer.from(digits, "hex"));
const ascii = (tag: number, text: string): Buffer => element(tag, Buffer.from(text, "ascii"));

/** Object identifiers, in DER already. */
const oid = {
  ecdsaWithSha256: hex(0x06, "2a8648ce3d040302"),
  commonName: hex(0x06, "550403"),
  basicConstraints: hex(0x06, "551d13"),
  alternativeNames: hex(0x06, "551d11"),
  extendedKeyUsage: hex(0x06, "551d25"),
  server: hex(0x06, "2b06010505070301"),
  client: hex(0x06, "2b06010505070302"),
};

const distinguishedName = (name: string): Buffer =>
  sequence(element(0x31, sequence(oid.commonName, ascii(0x0c, name))));
/** `20261127064307Z` */
const time = (at: Date): Buffer => ascii(0x18, `${at.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`);
const extension = (id: Buffer, value: Buffer): Buffer => sequence(id, element(0x04, value));
const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END ${label}-----\n`;

/** A certificate with a new key, valid from yesterday until tomorrow if nothing else is said. */
export function makeCertificate(wanted: Wanted): Made {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const signer: KeyObject | string = wanted.by?.key ?? privateKey;
  const names = [
    ...(wanted.dnsNames ?? []).map((name) => ascii(0x82, name)),
    ...(wanted.ipAddresses ?? []).map((address) => element(0x87, Buffer.from(address.split(".").map(Number)))),
  ];
  const extensions = [
    ...(wanted.authority === true ? [extension(oid.basicConstraints, sequence(hex(0x01, "ff")))] : []),
    ...(names.length > 0 ? [extension(oid.alternativeNames, sequence(...names))] : []),
    ...(wanted.usages === undefined
      ? []
      : [extension(oid.extendedKeyUsage, sequence(...wanted.usages.map((who) => oid[who])))]),
  ];
  const body = sequence(
    element(0xa0, hex(0x02, "02")),
    hex(0x02, "01"),
    sequence(oid.ecdsaWithSha256),
    distinguishedName(wanted.by?.name ?? wanted.name),
    sequence(time(wanted.from ?? new Date(Date.now() - DAY_MS)), time(wanted.to ?? new Date(Date.now() + DAY_MS))),
    distinguishedName(wanted.name),
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
    ...(extensions.length > 0 ? [element(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign("sha256", body, signer);
  const certificate = pem(
    "CERTIFICATE",
    sequence(body, sequence(oid.ecdsaWithSha256), element(0x03, Buffer.from([0]), signature)),
  );
  return { name: wanted.name, certificate, key };
}
