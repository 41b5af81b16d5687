import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engine } from "./engine";
import { expectSuccess, run } from "./pulumiProject";
import { requireProgram } from "./processes";
import { buildTally } from "./tallyModule";

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
export const buildBareImage = (): Promise<string> =>
  buildImage(BARE_IMAGE, BARE_DOCKERFILE, "busybox", (folder) =>
    copyFileSync(busyboxProgram(), join(folder, "busybox")),
  );

/** The image with a module, where Redis's official images have theirs. */
export const MODULE_IMAGE = "redis-on-docker-test/modules:8.0.2";

/** Builds the image with the tests' own module (tried: 1 s). */
export const buildModuleImage = (): Promise<string> =>
  buildImage(
    MODULE_IMAGE,
    "FROM redis:8.0.2\nCOPY modules/ /usr/local/lib/redis/modules/\n",
    "modules",
    (folder) => void buildTally(join(folder, "modules")),
  );

/** Builds an image of a Dockerfile and one more file or folder, which `fill` puts beside it. */
async function buildImage(
  image: string,
  dockerfile: string,
  source: string,
  fill: (folder: string) => void,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "redis-test-image-"));
  try {
    writeFileSync(join(folder, "Dockerfile"), dockerfile);
    fill(folder);
    const context = { context: folder, src: ["Dockerfile", source] };
    const stream = await engine.buildImage(context, { t: image, networkmode: "none", forcerm: true });
    await new Promise<void>((resolve, reject) => {
      engine.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
    });
    return image;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program itself: the tool chain's `busybox` on the PATH is a script around it. */
function busyboxProgram(): string {
  requireProgram("busybox");
  return execFileSync("busybox", ["sh", "-c", "readlink -f /proc/$$/exe"], { encoding: "utf8" }).trim();
}
