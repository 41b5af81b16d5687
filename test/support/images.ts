import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engine } from "./engine";
import { expectSuccess, run } from "./pulumiProject";
import { requireProgram } from "./processes";

const root = join(__dirname, "..", "..");

/** Gets an image onto the engine as `npm run image` does: pulled, or built where no registry answers (tried: 9 s). */
export async function needImage(image: string): Promise<string> {
  const isThere = await engine
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (!isThere) {
    expectSuccess(await run(process.execPath, [join(root, "toolchain", "run.mjs"), "image", image], root));
  }
  return image;
}

/** The image with the least that a node can be run in. */
export const BARE_IMAGE = "redis-on-docker-test/bare:8.0.2";

/**
 * Stand-in for the official images based on Alpine: Redis in /usr/local/bin, busybox in the role of every other program,
 * no bash and no coreutils; put together from the Debian image's server and the libraries that it links.
 */
const BARE_DOCKERFILE = `FROM redis:8.0.2 AS debian
RUN mkdir -p /out/usr/local/bin /out/bin /out/data /out/tmp \\
 && cd /out/usr/local/bin && cp -L "$(command -v redis-server)" "$(command -v redis-cli)" . \\
 && ldd redis-server redis-cli | grep -o '/[^ ]*lib[^ ]*' | sort -u | xargs cp -L --parents -t /out
FROM scratch
COPY --from=debian /out/ /
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN chown 999:999 /data && chmod 1777 /tmp
ENV PATH=/usr/local/bin:/bin
WORKDIR /data
CMD ["redis-server"]
`;

/** Builds the bare image (tried: 3 s; the engine's cache makes it a moment the next time). */
export async function buildBareImage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "redis-bare-image-"));
  try {
    writeFileSync(join(folder, "Dockerfile"), BARE_DOCKERFILE);
    copyFileSync(busyboxProgram(), join(folder, "busybox"));
    const context = { context: folder, src: ["Dockerfile", "busybox"] };
    const stream = await engine.buildImage(context, { t: BARE_IMAGE, networkmode: "none", forcerm: true });
    await new Promise<void>((resolve, reject) => {
      engine.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
    });
    return BARE_IMAGE;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program itself: the tool chain's `busybox` on the PATH is a script around it. */
function busyboxProgram(): string {
  requireProgram("busybox");
  return execFileSync("busybox", ["sh", "-c", "readlink -f /proc/$$/exe"], { encoding: "utf8" }).trim();
}
