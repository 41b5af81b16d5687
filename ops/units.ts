/** Quantities as people read them. */

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.4 MiB`: three digits are enough to see whether something is wrong. */
export function bytesText(bytes: number): string {
  const exponent = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** exponent;
  return `${exponent === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[exponent]}`;
}

const DAY_S = 86_400;
const HOUR_S = 3600;
const MINUTE_S = 60;

/** `3d 4h`, `2h 5m`, `41s`: the two largest units. */
export function durationText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / DAY_S), "d"],
    [Math.floor((seconds % DAY_S) / HOUR_S), "h"],
    [Math.floor((seconds % HOUR_S) / MINUTE_S), "m"],
    [Math.floor(seconds % MINUTE_S), "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return first === -1
    ? "0s"
    : parts
        .slice(first, first + 2)
        .filter(([count], index) => index === 0 || count > 0)
        .map(([count, unit]) => `${count}${unit}`)
        .join(" ");
}
