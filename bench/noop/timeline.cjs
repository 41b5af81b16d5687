// Loaded into every node process of a `pulumi` run (NODE_OPTIONS=--require): writes what it spent its time on to
// BENCH_TIMELINE/<pid>.json when it ends. Plain JavaScript, since it comes before anything that understands more.

const { writeFileSync } = require("node:fs");
const Module = require("node:module");
const { join } = require("node:path");
const { performance } = require("node:perf_hooks");
const process = require("node:process");

const folder = process.env.BENCH_TIMELINE;
/** Inclusive milliseconds that the first load of a package took, by its name. */
const loads = {};
/** Asynchronous work: when it began and ended, in milliseconds since the epoch. */
const spans = {};

const now = () => performance.timeOrigin + performance.now();

/** The project's own functions that are worth a line, by the end of their file's name. */
const wrapped = { "engine/preflight": "preflight", "checks/verify": "verify" };

const load = Module._load;
Module._load = function (request, parent, isMain) {
  const began = now();
  const loaded = load.call(this, request, parent, isMain);
  if (!request.startsWith(".") && !request.startsWith("/") && !(request in loads)) {
    loads[request] = now() - began;
  }
  const watched = Object.keys(wrapped).find((file) => request.endsWith(file));
  return watched === undefined ? loaded : withWatched(loaded, wrapped[watched]);
};

/** The module with one of its functions watched; compilers differ in whether exports can be replaced in place. */
function withWatched(loaded, name) {
  const original = loaded[name];
  const watch = async (...args) => {
    const span = (spans[name] = { began: now(), ended: 0 });
    try {
      return await original(...args);
    } finally {
      span.ended = now();
    }
  };
  return Object.create(loaded, { [name]: { value: watch, enumerable: true } });
}

process.on("exit", () => {
  const timeline = { words: process.argv.slice(1), began: performance.timeOrigin, ended: now(), loads, spans };
  writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(timeline));
});
