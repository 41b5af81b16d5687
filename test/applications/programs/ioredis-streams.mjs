// A stream and a group that reads it: what was read and not acknowledged is read again.

import { connection, forever, isRunning, library, me, report, until } from "./report.mjs";

const { Redis } = library("ioredis");

const open = () => new Redis(connection).on("error", (error) => report({ noticed: String(error) }));
const [writer, reader] = [open(), open()];
const [stream, group] = [`stream:${me}`, "readers"];
await until("group", () =>
  writer.xgroup("CREATE", stream, group, "$", "MKSTREAM").catch((error) => {
    if (!/BUSYGROUP/.test(String(error))) throw error;
  }),
);

/** Reads what is new, or with `0` what was delivered before and not acknowledged. */
async function read(from) {
  const answer = await until("readgroup", () =>
    reader.xreadgroup("GROUP", group, me, "COUNT", 100, "BLOCK", 1000, "STREAMS", stream, from),
  );
  const entries = answer?.[0]?.[1] ?? [];
  for (const [id, fields] of entries) {
    report({ ran: `${me}-${fields[1]}` });
    await until("ack", () => reader.xack(stream, group, id));
  }
  return entries.length;
}

let added = 0;
const writing = forever(50, async (index) => {
  // A repeated XADD would be a second message: the application's own number tells.
  await until("add", () => writer.xadd(stream, "*", "number", index));
  added = index + 1;
  report({ added: `${me}-${index}` });
});
let last = Date.now();
while (isRunning() || Date.now() - last < 500) {
  if ((await read(">")) + (await read("0")) > 0) last = Date.now();
}
await writing;
while ((await read(">")) > 0);
report({ summary: `${added} messages` });
writer.disconnect();
reader.disconnect();
