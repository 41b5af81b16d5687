/** One command of a session in a page, and what the page shows of its output. */
export interface SessionStep {
  readonly command: string;
  readonly shown: readonly string[];
}

/** The steps of a block in which lines that start with `$ ` are commands. */
export function sessionSteps(code: string): readonly SessionStep[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of code.split("\n")) {
    if (line.startsWith("$ ")) {
      steps.push({ command: line.slice(2), shown: [] });
    } else {
      steps.at(-1)?.shown.push(line);
    }
  }
  return steps;
}

/**
 * Lines of a page of which a real output has nothing alike. Compared are the first three words, and no figures: a page
 * shows one run, and times, sizes and offsets are others in the next. `...` stands for lines that the page leaves out.
 */
export function missingLines(shown: readonly string[], output: string): readonly string[] {
  const seen = new Set(output.split("\n").map(beginning));
  return shown.filter((line) => !/^\s*(\.\.\.)?$/.test(line) && !seen.has(beginning(line)));
}

const beginning = (line: string): string =>
  line
    .trim()
    .replace(/ \.\.\.$/, "")
    .replace(/\d+(?:[.,]\d+)*/g, "0")
    .split(/\s+/)
    .slice(0, 3)
    .join(" ");
