import { styleText } from "node:util";
import type { Paint } from "./status/statusText";

/** Colours for what goes to stdout, when that is a terminal that shows them (NO_COLOR and FORCE_COLOR are heeded). */
export const paintStdout: Paint = (colour, text) => styleText(colour, text, { stream: process.stdout });
