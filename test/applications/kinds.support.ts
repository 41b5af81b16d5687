import { join } from "node:path";
import { python } from "../support/libraries";
import type { ProgramKind } from "./program.support";

const node = (name: string, file: string): ProgramKind => ({
  name,
  command: (programs) => [process.execPath, join(programs, file)],
  addresses: "translated",
  tellsWhereItStands: false,
});
const inPython = (name: string, ...args: readonly string[]): ProgramKind => ({
  name,
  command: () => [python(), ...args],
  addresses: "inside",
  tellsWhereItStands: true,
});

/** The applications; a queue's sender and worker are processes of their own, as in practice. */
export const KINDS: readonly ProgramKind[] = [
  node("BullMQ", "bullmq.mjs"),
  node("node-redis", "node-redis.mjs"),
  node("ioredis pub/sub", "ioredis-pubsub.mjs"),
  node("ioredis streams", "ioredis-streams.mjs"),
  node("keyspace events", "keyspace-events.mjs"),
  inPython("redis-py asyncio", "redis_asyncio.py"),
  inPython("django-redis", "django_cache.py"),
  inPython("Celery worker", "-m", "celery", "-A", "celery_jobs", "worker", "--concurrency=1", "--loglevel=INFO"),
  inPython("Celery sender", "celery_jobs.py"),
  inPython("RQ worker", "rq_jobs.py", "worker"),
  inPython("RQ sender", "rq_jobs.py"),
];
