import type { Observation, RoleSeen } from "./roles";
import type { RoundRecord } from "./round";

const BIN_MS = 100;
const WIDTH = 1120;
const LEFT = 150;
const RIGHT = 30;
const PLOT_HEIGHT = 190;
const STRIP_HEIGHT = 22;
const STRIP_GAP = 6;
const LABEL_HEIGHT = 18;

const ROLES: Readonly<Record<RoleSeen, { readonly colour: string; readonly meaning: string }>> = {
  master: { colour: "#1a7f5a", meaning: "master" },
  replica: { colour: "#a8d5c2", meaning: "replica, in sync" },
  unlinked: { colour: "#f2c14e", meaning: "replica, without its master" },
  standby: { colour: "#9db4d6", meaning: "standby: deciding" },
  silent: { colour: "#8b5fa8", meaning: "does not answer" },
  down: { colour: "#d9534f", meaning: "down" },
};

/** A round as a picture: writes in each tenth of a second, what each node was, and what was done to the group. */
export function drawTimeline(title: string, subtitle: string, record: RoundRecord): string {
  const seconds = (record.to - record.from) / 1000;
  const x = (at: number): number => LEFT + ((at - record.from) / (record.to - record.from)) * (WIDTH - LEFT - RIGHT);
  const nodes = [...new Set(record.observations.map(({ node }) => node))].sort();
  const subtitles = wrapped(subtitle, 150);
  const labelRows = rowsOfLabels(record, x);
  const top = 56 + subtitles.length * 16 + Math.max(1, ...labelRows.map((row) => row + 1)) * LABEL_HEIGHT;
  const bottom = top + PLOT_HEIGHT;
  const strips = bottom + 34;
  const legend = strips + nodes.length * (STRIP_HEIGHT + STRIP_GAP) + 24;
  const height = legend + 24;
  const shapes = [
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(24, 32, title, 'font-size="18" font-weight="600" fill="#1f2933"'),
    ...subtitles.map((line, index) => text(24, 54 + index * 16, line, 'font-size="12" fill="#52606d"')),
    ...bars(record, x, top, bottom),
    ...axis(seconds, (at) => x(record.from + at * 1000), bottom, strips),
    ...nodes.flatMap((node, index) => strip(node, record, x, strips + index * (STRIP_HEIGHT + STRIP_GAP))),
    ...record.marks.flatMap(({ at, text: label }, index) => {
      const row = labelRows[index]!;
      const labelY = top - 8 - row * LABEL_HEIGHT;
      const end = x(at) > WIDTH * 0.75;
      return [
        line(x(at), labelY + 4, x(at), legend - 20, 'stroke="#b3261e" stroke-width="1.2" stroke-dasharray="4 3"'),
        text(x(at) + (end ? -5 : 5), labelY, label, `font-size="12" fill="#b3261e"${end ? ' text-anchor="end"' : ""}`),
      ];
    }),
    ...legendOf(legend),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, sans-serif">`,
    ...shapes,
    "</svg>",
    "",
  ].join("\n");
}

/** Row of each mark's label above the plot, so that neighbours do not cover one another. */
function rowsOfLabels(record: RoundRecord, x: (at: number) => number): readonly number[] {
  const endOfRow: number[] = [];
  return record.marks.map(({ at, text: label }) => {
    const length = label.length * 6.4 + 12;
    const from = x(at) > WIDTH * 0.75 ? x(at) - length : x(at);
    const free = endOfRow.findIndex((end) => end < from);
    const row = free === -1 ? endOfRow.length : free;
    endOfRow[row] = from + length;
    return row;
  });
}

function bars(record: RoundRecord, x: (at: number) => number, top: number, bottom: number): readonly string[] {
  const counts = (times: readonly { readonly at: number }[]): readonly number[] => {
    const bins = new Array<number>(Math.ceil((record.to - record.from) / BIN_MS)).fill(0);
    for (const { at } of times) {
      const bin = Math.floor((at - record.from) / BIN_MS);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    return bins;
  };
  const plain = counts(record.acknowledged);
  // What waited during an interruption arrives all at once; cut off there, or nothing else could be seen.
  const most = 100;
  const width = Math.max(0.6, x(record.from + BIN_MS) - x(record.from) - 0.4);
  const ofHeight = (count: number): number => (Math.min(count, most) / most) * (bottom - top);
  const grid = [0, 25, 50, 75, 100].flatMap((count) => [
    line(LEFT, bottom - ofHeight(count), WIDTH - RIGHT, bottom - ofHeight(count), 'stroke="#e4e7eb"'),
    text(
      LEFT - 8,
      bottom - ofHeight(count) + 4,
      count === most ? `${count}+` : String(count),
      'font-size="11" fill="#7b8794" text-anchor="end"',
    ),
  ]);
  return [
    ...grid,
    text(24, top + 4, "writes per", 'font-size="11" fill="#52606d"'),
    text(24, top + 18, "100 ms", 'font-size="11" fill="#52606d"'),
    ...plain.flatMap((count, bin) =>
      count === 0
        ? []
        : rect(
            x(record.from + bin * BIN_MS),
            bottom - ofHeight(count),
            Math.min(width, WIDTH - RIGHT - x(record.from + bin * BIN_MS)),
            ofHeight(count),
            "#4a7fb5",
          ),
    ),
  ];
}

function axis(seconds: number, x: (at: number) => number, bottom: number, strips: number): readonly string[] {
  const step = [0.5, 1, 2, 5, 10, 20, 60].find((candidate) => seconds / candidate <= 20) ?? 120;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  return [
    line(LEFT, bottom, WIDTH - RIGHT, bottom, 'stroke="#7b8794"'),
    ...ticks.flatMap((tick) => [
      line(x(tick), bottom, x(tick), bottom + 4, 'stroke="#7b8794"'),
      text(x(tick), strips - 14, `${tick} s`, 'font-size="11" fill="#7b8794" text-anchor="middle"'),
    ]),
  ];
}

function strip(node: string, record: RoundRecord, x: (at: number) => number, y: number): readonly string[] {
  const own = record.observations.filter((observation) => observation.node === node);
  const spans = own.map((observation: Observation, index) => {
    const from = Math.max(record.from, observation.at);
    const to = own[index + 1]?.at ?? record.to;
    return rect(x(from), y, Math.max(0.5, x(to) - x(from)), STRIP_HEIGHT, ROLES[observation.role].colour);
  });
  return [
    text(LEFT - 8, y + STRIP_HEIGHT - 7, node, 'font-size="12" fill="#1f2933" text-anchor="end"'),
    rect(LEFT, y, WIDTH - LEFT - RIGHT, STRIP_HEIGHT, "#f5f7fa"),
    ...spans,
  ];
}

function legendOf(y: number): readonly string[] {
  let at = LEFT;
  return Object.values(ROLES).flatMap(({ colour, meaning }) => {
    const from = at;
    at += 34 + meaning.length * 6.3;
    return [rect(from, y - 10, 12, 12, colour), text(from + 17, y, meaning, 'font-size="11" fill="#52606d"')];
  });
}

function wrapped(sentence: string, width: number): readonly string[] {
  return sentence.split("; ").reduce<string[]>((lines, part) => {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= width) {
      return [...lines.slice(0, -1), `${last}; ${part}`];
    }
    return [...lines, part];
  }, []);
}

const round = (value: number): string => value.toFixed(1);

function rect(x: number, y: number, width: number, height: number, colour: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${colour}"/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${style}/>`;
}

function text(x: number, y: number, content: string, style: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<text x="${round(x)}" y="${round(y)}" ${style}>${escaped}</text>`;
}
