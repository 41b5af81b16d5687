import { describe, it } from "mocha";
import { allCases, fewCases, survive, type Case } from "./cases";
import { seed } from "./servers";

/** As a part of all tests, every two of the dimensions' values come together once; alone, all of them do. */
const isWhole = process.env.DURABILITY !== "few";
const cases = isWhole ? allCases() : fewCases();

/** They mostly wait: so many run at the same time. Alone, and in order, where single ones are asked for. */
const AT_ONCE = process.argv.some((word) => ["--grep", "-g"].includes(word)) ? 1 : 3;

const MIB = 1024 * 1024;
const seen = new Set<string>();
const runs = cases.map((each, index) => {
  const { persistence, version, way } = each;
  // The largest value takes seconds in some: once with each persistence, and in the long run with each way too.
  const kind = isWhole ? `${persistence} ${way}` : persistence;
  const largest = seen.has(kind) ? 1000 : 64 * MIB;
  seen.add(kind);
  let running: Promise<void> | undefined;
  return {
    title: `${version}, ${persistence} on disk: ${way}`,
    start: (): Promise<void> => {
      running ??= tried(each, seed + index, { steps: isWhole ? 300 : 60, largest });
      // Whoever waits for it hears of a failure.
      running.catch(() => undefined);
      return running;
    },
  };
});

async function tried(each: Case, from: number, amount: Parameters<typeof survive>[2]): Promise<void> {
  await survive(each, from, amount).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`DURABILITY_SEED=${seed} draws the same again.\n${why}`, { cause: error });
  });
}

describe(`what is written survives (DURABILITY_SEED=${seed})`, function () {
  this.timeout(180_000);

  runs.forEach(({ title, start }, index) => {
    it(title, async () => {
      const running = start();
      runs.slice(index + 1, index + AT_ONCE).forEach((next) => void next.start().catch(() => undefined));
      await running;
    });
  });
});
