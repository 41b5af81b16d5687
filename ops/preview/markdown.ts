/** Markdown as GitHub reads it, from text that may come from anywhere: nothing in it can become markup. */

/** Longest name or path that is shown whole. */
const NAME_LENGTH = 120;

/**
 * A name or a path, as code. GitHub reads neither mentions nor links in code; the few characters that could end it, or
 * the cell of a table that it stands in, are not shown, and neither is what nobody would see.
 */
export function code(name: string, length = NAME_LENGTH): string {
  const shown = name.replaceAll(/[`|\\]|[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd").trim();
  return `\`${shown === "" ? "\ufffd" : shortened(shown, length)}\``;
}

/**
 * A sentence, on one line, as text. What GitHub would take for a mention or a number of an issue gets an invisible
 * character in it, since there is no way to escape them.
 */
export function text(sentence: string, length = 2000): string {
  const line = sentence
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd")
    .trim();
  return shortened(line, length)
    .replaceAll(/(?<!\w)@(?=\w)|@(?=[\w-]+\.\w)|#(?=\d)|\bGH-(?=\d)/gi, "$&\u200b")
    .replaceAll("&", "&amp;")
    .replaceAll(/[\\`*_[\]<>~!#${}^]/g, "\\$&")
    .replaceAll("|", "&#124;")
    .replaceAll(/(?<=https?|ftp):(?=\/\/)|(?<=www)\.|(?<=^\d+)[.)]|^[-+=]/gi, "\\$&");
}

/** Half of a character at the cut would be no text. */
const shortened = (line: string, length: number): string =>
  line.length > length ? `${line.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…` : line;

/** Rows of cells that are Markdown already, and have no line ends. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Something that is folded until it is clicked. */
export const details = (summary: string, contents: string): string =>
  `<details>\n<summary>${summary}</summary>\n\n${contents}\n\n</details>`;

/** GitHub's coloured boxes; elsewhere a quotation. */
export const box = (kind: "CAUTION" | "WARNING", contents: string): string =>
  [`[!${kind}]`, ...contents.split("\n")].map((line) => (line === "" ? ">" : `> ${line}`)).join("\n");
