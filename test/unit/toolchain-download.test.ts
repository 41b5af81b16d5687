import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import * as actionlint from "../../toolchain/pieces/actionlint.mjs";
import { download } from "../../toolchain/pieces/pulumi.mjs";
import { ACTIONLINT, PULUMI } from "../../toolchain/versions.mjs";

const ARCHIVE = `pulumi-v${PULUMI}-${process.platform}-${process.arch}.tar.gz`;
const LIST = `pulumi-${PULUMI}-checksums.txt`;

describe("an official download", () => {
  let folder = "";
  let servers: Server[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "download-"));
  });
  afterEach(() => {
    for (const server of servers) server.close().closeAllConnections();
    servers = [];
    rmSync(folder, { recursive: true, force: true });
  });

  /** An archive like the official one, with everything below a folder `pulumi`. */
  const archive = () => {
    mkdirSync(join(folder, "pulumi"));
    writeFileSync(join(folder, "pulumi", "pulumi"), "the program");
    execFileSync("tar", ["-czf", "archive", "pulumi"], { cwd: folder });
    return readFileSync(join(folder, "archive"));
  };

  const serve = async (answer: RequestListener) => {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  const files = (contents: Record<string, string | Buffer>) =>
    serve((request, response) => {
      const content = contents[(request.url ?? "").slice(1)];
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });

  const target = () => join(folder, "target");
  const get = (url: string) => download(target(), { ...process.env, REDIS_TOOLCHAIN_PULUMI_URL: url }, () => undefined);
  const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

  it("is unpacked when its hash is the publisher's", async () => {
    const content = archive();
    await get(
      await files({ [LIST]: `${"0".repeat(64)}  other\n${sha256(content)}  ${ARCHIVE}\n`, [ARCHIVE]: content }),
    );
    assert.equal(readFileSync(join(target(), "pulumi"), "utf8"), "the program");
  });

  it("is refused when its hash is another one", async () => {
    const content = archive();
    const wrong = sha256(Buffer.from("what was published"));
    const url = await files({ [LIST]: `${wrong}  ${ARCHIVE}\n`, [ARCHIVE]: content });
    await assert.rejects(get(url), { name: "Unavailable", message: new RegExp(`refused .*${wrong}`) });
    assert.ok(!existsSync(join(target(), "pulumi")));
  });

  it("is not even begun without a hash to check it against", async () => {
    const url = await files({ [LIST]: "<html>please log in</html>", [ARCHIVE]: archive() });
    await assert.rejects(get(url), { name: "Unavailable", message: /does not name/ });
    await assert.rejects(get(await files({})), { name: "Unavailable", message: /answered 404/ });
  });

  it("is given up at once where nobody listens", async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const since = Date.now();
    await assert.rejects(get(url), { name: "Unavailable", message: /cannot be reached \(ECONNREFUSED\)/ });
    assert.ok(Date.now() - since < 1_000);
  });

  it("is given up after three seconds where nobody answers", async function () {
    this.timeout(10_000);
    const url = await serve(() => undefined);
    const since = Date.now();
    await assert.rejects(get(url), { name: "Unavailable", message: /no answer/ });
    assert.ok(Date.now() - since < 4_000);
  });

  it("of actionlint is taken apart in the same way", async () => {
    writeFileSync(join(folder, "actionlint"), "the checker");
    writeFileSync(join(folder, "README.md"), "not needed");
    execFileSync("tar", ["-czf", "archive", "README.md", "actionlint"], { cwd: folder });
    const content = readFileSync(join(folder, "archive"));
    const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
    const name = `actionlint_${ACTIONLINT}_${platform}.tar.gz`;
    const list = `actionlint_${ACTIONLINT}_checksums.txt`;
    const from = async (hash: string) => {
      const url = await files({ [list]: `${hash}  ${name}\n`, [name]: content });
      const env = { ...process.env, REDIS_TOOLCHAIN_ACTIONLINT_URL: url };
      return actionlint.download(target(), env, () => undefined);
    };
    await from(sha256(content));
    assert.deepEqual(readdirSync(target()), ["actionlint"]);
    assert.equal(readFileSync(join(target(), "actionlint"), "utf8"), "the checker");
    await assert.rejects(from("0".repeat(64)), { name: "Unavailable", message: /refused / });
  });
});
