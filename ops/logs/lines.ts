import { EXIT, UserError } from "../../config/userError";

/** One line of one member's log. */
export interface LogLine {
  readonly member: string;
  /** When the engine got it, with nanoseconds: `2025-11-23T14:05:01.123456789Z`; sorts as text. */
  readonly time: string;
  readonly text: string;
}

/** Lines as the engine writes them when asked for timestamps: the time, a space, the text. */
export function linesOf(member: string, log: string): LogLine[] {
  return log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const space = line.indexOf(" ");
      const [time, text] = space === -1 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
      return { member, time, text: text.replace(/\r$/, "") };
    });
}

/** All members' lines in the order of time; lines of the same moment stay in the order of the members. */
export function inOrder(logs: readonly (readonly LogLine[])[]): LogLine[] {
  return logs.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

const SECONDS_PER = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * `90s`, `10m`, `2h`, `1d` before now, or a date as JavaScript reads it, as seconds since 1970.
 *
 * @throws UserError that says what is allowed.
 */
export function parseSince(text: string, nowMs: number): number {
  const relative = /^(\d+)([smhd])$/.exec(text);
  if (relative !== null) {
    return nowMs / 1000 - Number(relative[1]) * SECONDS_PER[relative[2] as keyof typeof SECONDS_PER];
  }
  const date = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(date)) {
    return date / 1000;
  }
  throw new UserError(
    `--since ${text}: give a time such as 10m, 2h or 1d ago, or a date such as 2025-11-23T14:00.`,
    EXIT.usage,
  );
}
