// A queue with its worker: ordinary, delayed and repeated jobs.

import { connection, forever, library, me, report, until } from "./report.mjs";

const { Queue, Worker } = library("bullmq");

const name = "jobs";
// Without `null` a worker does not start; without a queue offline, adding fails as soon as there is no master.
const options = { ...connection, maxRetriesPerRequest: null };
const queue = new Queue(name, { connection: options });
const worker = new Worker(
  name,
  async (job) => {
    report({ ran: job.name === "repeated" ? "repeated" : job.id });
  },
  { connection: options, stalledInterval: 2000 },
);
// Lost connections are events of these; a failed command rejects.
queue.on("error", (error) => report({ noticed: String(error) }));
worker.on("error", (error) => report({ noticed: String(error) }));
worker.on("failed", (job, error) => report({ failed: `job ${job?.id}`, error: String(error) }));

await until("schedule", () => queue.upsertJobScheduler("repeated", { every: 1000 }, { name: "repeated" }));
await forever(100, async (index) => {
  const jobId = `${me}-${index}`;
  const delay = index % 3 === 0 ? 300 : 0;
  await until("add", () => queue.add("job", {}, { jobId, delay }));
  report({ added: jobId });
  // What dashboards of such queues call; it needs `client|list`.
  if (index % 10 === 0) await until("getWorkers", () => queue.getWorkers());
});
// What is left is for the next process of this program.
await worker.close();
await queue.close();
process.exit(0);
