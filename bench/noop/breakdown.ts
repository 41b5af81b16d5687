import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { OurGroup } from "../ourGroup";
import { expectSuccess } from "../../test/support/pulumiProject";

/** Where time goes. */
export interface TimeSink {
  readonly what: string;
  readonly seconds: number;
  /** Part of the line above that is not such a part itself. */
  readonly within?: boolean;
}

const span = z.object({ began: z.number(), ended: z.number() });
const timelineSchema = z.object({
  words: z.array(z.string()),
  began: z.number(),
  ended: z.number(),
  loads: z.record(z.string(), z.number()),
  spans: z.object({ preflight: span, verify: span }),
});

const PRELOAD = join(__dirname, "timeline.cjs");

/** The packages whose loading is worth a line. */
const PACKAGES = [
  "@pulumi/pulumi",
  "ts-node",
  "typescript",
  "@pulumi/docker",
  "@pulumi/random",
  "@pulumi/tls",
  "zod",
  "ioredis",
  "dockerode",
];

/** Runs `pulumi up` once more, with the program watched from inside. Watching itself costs a few milliseconds. */
export async function measureBreakdown(group: OurGroup): Promise<readonly TimeSink[]> {
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-timeline-"));
  try {
    const env = { NODE_OPTIONS: `--require ${PRELOAD}`, BENCH_TIMELINE: folder };
    const began = Date.now();
    expectSuccess(
      await group.project.pulumi(["up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", group.stack], env),
    );
    const ended = Date.now();
    const program = readdirSync(folder)
      .map((file) => timelineSchema.safeParse(JSON.parse(readFileSync(join(folder, file), "utf8"))))
      .find(({ success }) => success)?.data;
    if (program === undefined) {
      throw new Error("no node process of `pulumi up` ran the program's preflight and checks");
    }
    const { loads, spans } = program;
    const seconds = (from: number, to: number) => (to - from) / 1000;
    return [
      { what: "all of it", seconds: seconds(began, ended) },
      { what: "before the program's node: pulumi, the language host", seconds: seconds(began, program.began) },
      {
        what: "the program's node until it looks at the engine",
        seconds: seconds(program.began, spans.preflight.began),
      },
      ...PACKAGES.filter((name) => name in loads).map((name) => ({
        what: `loading ${name}`,
        seconds: loads[name]! / 1000,
        within: true,
      })),
      { what: "the look at the engine (preflight)", seconds: seconds(spans.preflight.began, spans.preflight.ended) },
      { what: "resources, with the plugins' start", seconds: seconds(spans.preflight.ended, spans.verify.began) },
      { what: "the checks", seconds: seconds(spans.verify.began, spans.verify.ended) },
      { what: "the program's end", seconds: seconds(spans.verify.ended, program.ended) },
      { what: "after the program: pulumi writes its state", seconds: seconds(program.ended, ended) },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
