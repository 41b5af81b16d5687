import type { IncomingMessage } from "node:http";
import { posix } from "node:path";
import { pack } from "tar-stream";
import { engineClient } from "./engineClient";
import { statusOf } from "./engineError";
import { SERVER_IDS } from "./serverUser";

/** An engine that does not answer within this time is not waited for. */
const ANSWER_MS = 10_000;

/**
 * Puts files into a new folder inside a folder of a container, for its server's user alone. They are never in the
 * container's configuration, nor on a command line.
 *
 * @param parent a folder that the container has; it becomes that user's alone, too.
 * @param files contents by name.
 */
export async function putFiles(
  endpoint: string,
  container: string,
  parent: string,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const archive = pack();
  const inside = `${posix.basename(parent)}/${folder}`;
  // Named from above: the folder into which an archive is unpacked keeps its owner.
  archive.entry({ name: `${posix.basename(parent)}/`, type: "directory", mode: 0o700, ...SERVER_IDS });
  archive.entry({ name: `${inside}/`, type: "directory", mode: 0o700, ...SERVER_IDS });
  for (const [name, content] of Object.entries(files)) {
    archive.entry({ name: `${inside}/${name}`, mode: 0o600, ...SERVER_IDS }, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) {
    chunks.push(Buffer.from(chunk as Uint8Array));
  }
  const engine = await engineClient(endpoint, ANSWER_MS);
  await engine.getContainer(container).putArchive(Buffer.concat(chunks), { path: posix.dirname(parent) });
}

/** Whether a container, running or not, has a file. */
export async function hasFile(endpoint: string, container: string, path: string): Promise<boolean> {
  const engine = await engineClient(endpoint, ANSWER_MS);
  try {
    const answer = (await engine.getContainer(container).infoArchive({ path })) as unknown as IncomingMessage;
    // Unread, it would keep the connection, and with it the program, for as long as the engine likes.
    answer.resume();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) {
      return false;
    }
    throw error;
  }
}
