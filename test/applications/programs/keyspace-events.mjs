// What Spring Session and its like live on: keys that expire, and a listener that is told so.

import { connection, forever, library, me, report, until } from "./report.mjs";

const { Redis } = library("ioredis");

const open = () => new Redis(connection).on("error", (error) => report({ noticed: String(error) }));
const [writer, listener] = [open(), open()];
listener.on("pmessage", (_pattern, _channel, key) => {
  if (key.startsWith(`session:${me}:`)) report({ done: "expired" });
});
await until("psubscribe", () => listener.psubscribe("__keyevent@*__:expired"));
await forever(100, (index) => until("set", () => writer.set(`session:${me}:${index}`, "user", "PX", 200)));
writer.disconnect();
listener.disconnect();
