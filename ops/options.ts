import { InvalidArgumentError } from "commander";

/** Readers of options: each gives the value or says what is allowed. */

/** `2`, `0.5`: how often to look. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.1 && value <= 3600)) {
    throw new InvalidArgumentError("It has to be a number of seconds from 0.1 to 3600.");
  }
  return value;
}

/** `100`, `all`: how many lines. */
export function lineCount(text: string): number | "all" {
  if (text === "all") {
    return text;
  }
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError("It has to be a whole number, or all.");
  }
  return value;
}
