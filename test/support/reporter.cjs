// A quiet mocha reporter: a line per group of tests, failures in full at once, and the counts in a file.

const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

const { EVENT_SUITE_END, EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants;

class QuietReporter {
  constructor(runner, options) {
    const total = { passed: 0, failed: 0, skipped: 0 };
    let group = { passed: 0, failed: 0, skipped: 0, startedAt: Date.now() };
    const count = (kind) => {
      total[kind] += 1;
      group[kind] += 1;
    };

    runner.on(EVENT_TEST_PASS, () => count("passed"));
    runner.on(EVENT_TEST_PENDING, (test) => {
      count("skipped");
      console.log(`  skipped: ${test.fullTitle()}${test.reason ? `: ${test.reason}` : ""}`);
    });
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      count("failed");
      console.log(`  FAILED: ${test.fullTitle()} (${test.file ?? "?"})`);
      console.log(indented(error.stack ?? error.message ?? String(error)));
      const { expected, actual } = error;
      if (
        error.showDiff !== false &&
        expected !== undefined &&
        actual !== undefined &&
        !/[+-] actual/.test(error.message)
      ) {
        console.log(indented(`expected: ${shown(expected)}\nactual:   ${shown(actual)}`));
      }
    });
    runner.on(EVENT_SUITE_END, (suite) => {
      // Only outermost groups: those directly below the root.
      if (!suite.parent?.root) return;
      const seconds = ((Date.now() - group.startedAt) / 1000).toFixed(1);
      const failed = group.failed > 0 ? `, ${group.failed} FAILED` : "";
      const skipped = group.skipped > 0 ? `, ${group.skipped} skipped` : "";
      console.log(`  ${suite.title}: ${group.passed} passed${failed}${skipped} (${seconds} s)`);
      group = { passed: 0, failed: 0, skipped: 0, startedAt: Date.now() };
    });
    runner.on(EVENT_RUN_END, () => {
      const { counts } = options.reporterOptions ?? {};
      if (counts) writeFileSync(counts, JSON.stringify(total));
    });
  }
}

const indented = (text) => text.replace(/^/gm, "      ");
const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

module.exports = QuietReporter;
