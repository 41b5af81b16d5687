/**
 * A server is closed for writes by asking for more replicas than anybody has (`min-replicas-to-write`). What was asked
 * for before is in the number itself, so that it can be opened again without a note of it anywhere.
 */
const CLOSED = 1_000_000;
export const CLOSING_SETTING = "min-replicas-to-write";

/** What closes a server that asks for so many replicas now. Pure. */
export const closedValue = (now: number): number => (isClosed(now) ? now : now + CLOSED);

/** What it asked for before it was closed. Pure. */
export const openedValue = (now: number): number => (isClosed(now) ? now - CLOSED : now);

export const isClosed = (now: number): boolean => now >= CLOSED;
