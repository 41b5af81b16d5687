// Runs the tests, layer by layer, and ends with one line that counts them: node test/run.mjs [LAYER] [MOCHA OPTIONS]
//
// Faults are repeated as often as their figures need; as a part of all tests few times. FAULT_ROUNDS (full, few or a
// number) says otherwise. In the same way DURABILITY (full or few) says how many combinations are tried.
//
// Each layer is a mocha process of its own: the components' tests replace Pulumi's engine by a mock for good.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The layers, fastest first, with the bound of one test in milliseconds. */
const layers = new Map([
  ["unit", 20_000],
  ["functional", 120_000],
  ["durability", 180_000],
  ["applications", 300_000],
  ["deploy", 300_000],
  ["consumers", 300_000],
  ["changes", 400_000],
  ["faults", 1_800_000],
]);

const [subset = "all", ...words] = process.argv.slice(2);
// `npm test -- unit` is understood as `npm run test:unit`.
const [wanted, options] = subset === "all" && words[0]?.match(/^\w/) ? [words[0], words.slice(1)] : [subset, words];
const known = ["--grep", "-g", "--bail", "-b"];
const strange = options.find((word, at) => !known.includes(word) && !["--grep", "-g"].includes(options[at - 1] ?? ""));
if ((wanted !== "all" && !layers.has(wanted)) || strange !== undefined) {
  const names = [...layers.keys()].join(", ");
  console.error(
    `There is no "${strange ?? wanted}" here; there are the tests ${names}, and the options ${known.join(", ")}.`,
  );
  process.exit(2);
}

/**
 * What runs at the same time when all layers run: real processes and real deployments mostly wait, for different things.
 * Applications, changes and faults are measured, and have the machine to themselves.
 */
const steps = [
  ["unit"],
  ["durability"],
  ["functional", "deploy", "consumers"],
  ["applications"],
  ["changes"],
  ["faults"],
];

/**
 * Runs a layer; what it prints comes as it is printed, or, where another one is running, all of it at the end.
 * @param {string} layer
 * @param {boolean} alone
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
async function runLayer(layer, alone) {
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-tests-"));
  const counts = join(folder, "counts.json");
  const files = readdirSync(join(here, layer))
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(here, layer, name));
  const mocha = join(here, "..", "node_modules", "mocha", "bin", "mocha.js");
  const reporter = join(here, "support", "reporter.cjs");
  const args = [
    "--reporter",
    reporter,
    "--reporter-option",
    `counts=${counts}`,
    "--timeout",
    String(layers.get(layer)),
  ];
  if (alone) console.log(`${layer}:`);
  const rounds = wanted === "all" ? "few" : "full";
  // Set for mocha and for every process that a test starts: TypeScript is loaded as it is.
  const child = spawn(process.execPath, ["--import", "tsx", mocha, ...args, ...options, ...files], {
    cwd: join(here, ".."),
    stdio: alone ? "inherit" : ["inherit", "pipe", "pipe"],
    env: {
      ...process.env,
      FAULT_ROUNDS: process.env.FAULT_ROUNDS ?? rounds,
      DURABILITY: process.env.DURABILITY ?? rounds,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const code = await new Promise((resolve) => {
    child.on("close", resolve);
    // What a test left running may hold its output open.
    child.on("exit", (exitCode) => setTimeout(() => resolve(exitCode), 2000));
  });
  if (!alone) process.stdout.write(`${layer}:\n${output}`);
  const result = existsSync(counts) ? JSON.parse(readFileSync(counts, "utf8")) : { passed: 0, failed: 0, skipped: 0 };
  rmSync(folder, { recursive: true });
  // A layer that broke before its first test has not passed.
  return { ...result, failed: code !== 0 && result.failed === 0 ? 1 : result.failed };
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const step of wanted === "all" ? steps : [[wanted]]) {
  const results = await Promise.all(step.map((layer) => runLayer(layer, step.length === 1)));
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
