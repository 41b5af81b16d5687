// A publisher and a subscriber. Messages are not kept by Redis: those of the moment in which nobody listened are lost.

import { connection, forever, library, me, report, until } from "./report.mjs";

const { Redis } = library("ioredis");

const open = () => new Redis(connection).on("error", (error) => report({ noticed: String(error) }));
const [publisher, subscriber] = [open(), open()];
const channel = `news:${me}`;
subscriber.on("message", () => report({ done: "message" }));
await until("subscribe", () => subscriber.subscribe(channel));
await forever(50, (index) => until("publish", () => publisher.publish(channel, String(index))));
publisher.disconnect();
subscriber.disconnect();
