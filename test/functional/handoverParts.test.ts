import assert from "node:assert/strict";
import { resolve } from "node:path";
import fc from "fast-check";
import { runInShell, SHELLS, type Shell } from "../support/shells";

const SELF = "10.0.0.1:6379";
const at = (index: number) => `10.0.0.${index + 1}:6379`;
const library = resolve(__dirname, "../../node/lib-successor.sh");

/** Runs lines of shell behind the library, all in one shell, and gives the lines that they print. */
function run(shell: Shell, lines: readonly string[]): readonly string[] {
  const output = runInShell(shell, `set -u; SELF='${SELF}'; . '${library}'\n${lines.join("\n")}\n`);
  return output.trimEnd().split("\n");
}

/** What a data node says: ROLE MASTER LINK PRIORITY OFFSET. */
interface Standing {
  readonly role: "replica" | "master" | "standby" | "loading" | "down";
  readonly master: string;
  readonly link: "up" | "down" | "syncing";
  readonly priority: number;
  readonly offset: number;
}
const inSync: Standing = { role: "replica", master: SELF, link: "up", priority: 100, offset: 1000 };

function pick(shell: Shell, groups: readonly (readonly Standing[])[], wanted = ""): readonly string[] {
  return run(
    shell,
    groups.map((standings) => {
      const lines = standings.map(
        ({ role, master, link, priority, offset }, index) =>
          `${at(index + 1)} ${role} ${master} ${link} ${priority} ${offset}`,
      );
      return `pick_successor '${wanted}' '${lines.join("\n")}'; echo "\${SUCCESSOR:-none: $WHY_NONE}"`;
    }),
  );
}

interface Row {
  readonly priority: number;
  readonly flags: string;
  readonly age: number;
}

/** What SENTINEL REPLICAS answers, as the client prints it: names and values in turn, other fields between. */
const rowsText = (rows: readonly Row[]) =>
  rows
    .flatMap(({ priority, flags, age }, index) => [
      ["name", at(index + 1)],
      ["ip", at(index + 1).split(":")[0]],
      ["port", "6379"],
      ["runid", ""],
      ["flags", flags],
      ["info-refresh", age],
      ["master-host", SELF.split(":")[0]],
      ["slave-priority", priority],
      ["slave-repl-offset", 5],
    ])
    .flat()
    .join("\n");

const judge = (shell: Shell, views: readonly (readonly Row[])[]) =>
  run(
    shell,
    views.map((rows) => `judge_view '${at(1)}' <<'ROWS'\n${rowsText(rows)}\nROWS`),
  );

for (const shell of SHELLS) {
  describe(`the decisions of a hand-over (${shell.join(" ")})`, function () {
    this.timeout(30_000);

    it("the successor is the fit replica with the most data, of equal ones the first", () => {
      const groups = [
        [
          { ...inSync, offset: 900 },
          { ...inSync, offset: 990 },
          { ...inSync, offset: 990 },
        ],
        [{ ...inSync, offset: 2000, link: "down" } as const, { ...inSync, offset: 0 }],
      ];
      assert.deepEqual(pick(shell, groups), [at(2), at(2)]);
    });

    it("the successor is the wanted one and no other", () => {
      const group = [inSync, { ...inSync, offset: 1 }];
      assert.deepEqual(pick(shell, [group], at(2)), [at(2)]);
      assert.deepEqual(pick(shell, [[inSync, { ...inSync, link: "syncing" }]], at(2)), [
        `none: ${at(2)} is still copying the data set`,
      ]);
    });

    it("says why there is none", () => {
      const unfit: readonly (readonly [Partial<Standing>, string])[] = [
        [{ role: "down" }, "does not answer"],
        [{ role: "loading" }, "is loading its data"],
        [{ role: "standby" }, "is standby, with no role yet"],
        [{ role: "master" }, "is a master itself"],
        [{ link: "syncing" }, "is still copying the data set"],
        [{ link: "down" }, "has no link to its master"],
        [{ master: at(7) }, `follows ${at(7)}, not this node`],
        [{ priority: 0 }, "may not be promoted (replica-priority 0: it has never synced)"],
      ];
      assert.deepEqual(
        pick(
          shell,
          unfit.map(([change]) => [{ ...inSync, ...change }]),
        ),
        unfit.map(([, reason]) => `none: ${at(1)} ${reason}`),
      );
      assert.deepEqual(pick(shell, [[]]), ["none: there is no replica"]);
    });

    it("the successor is always fit, and none that is fit has more (300 groups)", () => {
      const standing = fc.record({
        role: fc.constantFrom("replica", "replica", "replica", "master", "standby", "loading", "down"),
        master: fc.constantFrom(SELF, SELF, at(7)),
        link: fc.constantFrom("up", "up", "down", "syncing"),
        priority: fc.nat(3),
        offset: fc.nat(2000),
      }) as fc.Arbitrary<Standing>;
      const groups = fc.sample(fc.array(standing, { maxLength: 5 }), 300);
      pick(shell, groups).forEach((answer, index) => {
        const fit = groups[index]!.map((each, place) => ({ ...each, address: at(place + 1) })).filter(
          (each) => each.role === "replica" && each.master === SELF && each.link === "up" && each.priority > 0,
        );
        const most = Math.max(...fit.map(({ offset }) => offset));
        const expected = fit.find(({ offset }) => offset === most)?.address;
        assert.ok(
          expected === undefined ? answer.startsWith("none: ") : answer === expected,
          JSON.stringify(groups[index]),
        );
      });
    });

    it("a Sentinel is willing when the successor has the one best priority of all that are up", () => {
      const row = (priority: number, flags = "slave", age = 700): Row => ({ priority, flags, age });
      const cases: readonly (readonly [readonly Row[], string])[] = [
        [[row(1), row(100), row(0)], "willing 700"],
        [[row(1, "slave", 12)], "willing 12"],
        [[row(1), row(1, "slave,s_down")], "willing 700"],
        [[row(1), row(1)], "unaware"],
        [[row(100), row(100)], "unaware"],
        [[row(0), row(100)], "unaware"],
        [[row(1, "slave,disconnected"), row(100)], "gone"],
        [[row(1, "s_down,slave"), row(100)], "gone"],
        [[], "gone"],
      ];
      assert.deepEqual(
        judge(
          shell,
          cases.map(([rows]) => rows),
        ),
        cases.map(([, expected]) => expected),
      );
    });

    it("waits for the moment in steps that never go past it, and never for long", () => {
      const ages = [0, 300, 599, 600, 680, 681, 900, 5000];
      const waits = run(
        shell,
        ages.map((age) => `echo "=$(until_moment ${age})"`),
      );
      assert.deepEqual(waits, ["=0.250", "=0.250", "=0.020", "=", "=", "=0.250", "=0.150", "=0.020"]);
    });
  });
}
