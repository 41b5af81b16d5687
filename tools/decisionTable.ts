import { combinations, decideAllNow, SELF, type Facts } from "./decisions";
import { markdownTable } from "./settingsTable";

/** The tables of the decision at boot in the documentation, from what the decision itself says to every combination. */

interface Row {
  readonly section: string;
  readonly named: string;
  readonly verdict: string;
  readonly reason: string;
  /** Whether it is decided so before the bounded wait is over (`no`), after it (`yes`), or both. */
  readonly late: Set<Facts["LATE"]>;
}

const SECTIONS = ["Under Sentinel", "Replication topology"] as const;
const NAMED = ["this node", "another node", "nobody"] as const;
const VERDICTS: Readonly<Record<string, string>> = {
  master: "becomes master",
  follow: "follows it",
  replace: "sets its data aside, follows it",
  yield: "asks for a failover away from it",
  protest: "asks for a failover to it",
  wait: "waits, read-only",
};

/** One table for each topology. */
export function decisionTables(): string {
  const rows = decisionRows();
  return SECTIONS.map((section) => {
    const own = rows.filter((row) => row.section === section);
    const hasNamed = section === "Under Sentinel";
    const table = markdownTable(
      [...(hasNamed ? ["a majority names"] : []), "it", "because", "when"],
      own.map(({ named, verdict, reason, late }) => [
        ...(hasNamed ? [named] : []),
        VERDICTS[verdict] ?? verdict,
        reason,
        whenText(late),
      ]),
    );
    return `### ${section}\n\n${table}`;
  }).join("\n\n");
}

/** Every different decision, with the reason that it gives, addresses left out. */
function decisionRows(): readonly Row[] {
  const cases = combinations();
  const rows = new Map<string, Row>();
  decideAllNow(cases).forEach((line, index) => {
    const facts = cases[index]!;
    const [, verdict, reason] = /^(\w+) (?:(?<=follow |replace )\S+ )?(.*)$/.exec(line) ?? [];
    const row = {
      section: facts.TOPOLOGY === "sentinel" ? SECTIONS[0] : SECTIONS[1],
      named: facts.NAMED === "" ? NAMED[2] : facts.NAMED === SELF ? NAMED[0] : NAMED[1],
      verdict: verdict!,
      reason: withoutAddresses(reason!),
    };
    const key = Object.values(row).join("|");
    const known = rows.get(key) ?? { ...row, late: new Set() };
    known.late.add(facts.LATE);
    rows.set(key, known);
  });
  return [...rows.values()].sort((a, b) => rankOf(a) - rankOf(b) || compare(a.reason, b.reason));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const rankOf = ({ section, named, verdict }: Row): number =>
  SECTIONS.findIndex((name) => name === section) * 100 +
  NAMED.findIndex((name) => name === named) * 10 +
  Object.keys(VERDICTS).indexOf(verdict);

/** How many peers there are, and which, is the enumeration's choice. */
const withoutAddresses = (reason: string): string =>
  reason
    .replaceAll(/\ba:1\b/g, "this node")
    .replaceAll(/\bs:1\b/g, "SENTINEL")
    .replaceAll(/\b[bcd]:1\b(?: [bcd]:1\b)*/g, "PEER")
    .replaceAll(/\b\d of \d\b/g, "N of M")
    .replaceAll("( PEER )", "(PEER)");

const whenText = (late: ReadonlySet<Facts["LATE"]>): string =>
  late.size === 2 ? "always" : late.has("yes") ? "late" : "early";
