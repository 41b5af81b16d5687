/** A kind of server. */
export type Product = "redis" | "valkey";

/** The format of a data file, as its first nine bytes name it: `REDIS0012`, `VALKEY080`. */
export interface DataFormat {
  readonly magic: Product;
  readonly number: number;
}

/** A server program, and the format in which it writes its data: the newest that it reads. */
export interface ServerVersion {
  readonly product: Product;
  /** As in `8.0.2`; from an image's tag perhaps only `8`. */
  readonly version: string;
  readonly format: DataFormat;
}

/** The last format that both products have; later numbers below Valkey's first own one are Redis's alone. */
const LAST_COMMON_FORMAT = 11;

/** Whether a server reads data of a format. */
export function reads(server: ServerVersion, data: DataFormat): boolean {
  if (data.magic !== server.format.magic) {
    // Redis does not know Valkey's own files; Valkey reads Redis's up to where the two went apart.
    return data.magic === "redis" && data.number <= LAST_COMMON_FORMAT;
  }
  return data.number <= server.format.number;
}

/** `Redis 8.0.2`, as in a sentence. */
export const serverText = ({ product, version }: ServerVersion): string =>
  `${product === "redis" ? "Redis" : "Valkey"} ${version}`;

/** A format as people find it in their files and in Redis's own error. */
export const formatText = ({ magic, number }: DataFormat): string =>
  magic === "redis" ? `RDB version ${number}` : `Valkey's RDB version ${number}`;

/** `REDIS0012` or `VALKEY080` in its two parts; undefined when it is something else. */
export function parseMagic(text: string): DataFormat | undefined {
  const found = /^(?:(REDIS)(\d{4})|(VALKEY)(\d{3}))$/.exec(text);
  return found === null
    ? undefined
    : { magic: found[1] !== undefined ? "redis" : "valkey", number: Number(found[2] ?? found[4]) };
}

/** What `--version` of a server prints, and the beginning of a file that it wrote; undefined for anything else. */
export function parseServer(versionLine: string, magic: string): ServerVersion | undefined {
  const found = /^(Redis|Valkey) server v=(\d[\w.-]*)/.exec(versionLine);
  const format = parseMagic(magic);
  return found === null || format === undefined
    ? undefined
    : { product: found[1] === "Redis" ? "redis" : "valkey", version: found[2]!, format };
}

/** First version of each product that writes a format; the newest first. */
const firstWith: Readonly<Record<Product, readonly (readonly [major: number, minor: number, format: DataFormat])[]>> = {
  redis: [
    [7, 4, { magic: "redis", number: 12 }],
    [7, 2, { magic: "redis", number: 11 }],
    [7, 0, { magic: "redis", number: 10 }],
    [5, 0, { magic: "redis", number: 9 }],
  ],
  valkey: [
    [9, 0, { magic: "valkey", number: 80 }],
    [7, 2, { magic: "redis", number: 11 }],
  ],
};

/**
 * What an image's name says of the server in it, for an image that cannot be looked into yet.
 *
 * @param image such as `redis:7.2-alpine` or `registry:5000/valkey/valkey:8`; a tag without a minor version is taken
 *   for the last one.
 * @returns undefined when the name does not say it, as with `latest`.
 */
export function serverOfTag(image: string): ServerVersion | undefined {
  const found = /(?:^|\/)(redis|valkey):(\d+)(?:\.(\d+))?([\w.]*)/.exec(image);
  if (found === null) {
    return undefined;
  }
  const [, product, major, minor, rest] = found as unknown as [string, Product, string, string | undefined, string];
  const isAtLeast = (otherMajor: number, otherMinor: number) =>
    Number(major) > otherMajor || (Number(major) === otherMajor && Number(minor ?? Infinity) >= otherMinor);
  const format = firstWith[product].find(([otherMajor, otherMinor]) => isAtLeast(otherMajor, otherMinor))?.[2];
  const version = minor === undefined ? major : `${major}.${minor}${/^[\d.]*/.exec(rest)![0]}`;
  return format === undefined ? undefined : { product, version, format };
}
