import Table from "cli-table3";

/** No lines, two spaces between columns: what is printed can be read, cut and grepped. */
const PLAIN = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
} as const;

/** One column: its heading and whether it holds numbers, which stand at its right edge. */
export interface Column {
  readonly heading: string;
  readonly numeric?: boolean;
}

/** Rows in aligned columns below their headings. Colours in the cells do not count for the widths. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map(({ heading }) => heading),
    colAligns: columns.map(({ numeric }) => (numeric ? "right" : "left")),
    chars: PLAIN,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
