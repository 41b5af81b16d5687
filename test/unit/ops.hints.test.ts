import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { bringBack, settleRole } from "../../checks/remedies";
import { afterFailure, hintsFor } from "../../ops/hints";
import { contractOf } from "./checks.support";

describe("a command in a sentence", () => {
  const fresh = hintsFor({ stack: "fresh" });

  it("is for the stack that was looked at", () => {
    assert.equal(fresh("see: npm run status"), "see: npm run status -- fresh");
    assert.equal(fresh("see `npm run logs -- redis-master`."), "see `npm run logs -- fresh redis-master`.");
    assert.equal(fresh("npm run status -- --watch"), "npm run status -- fresh --watch");
    assert.equal(fresh("npm run up, which goes on"), "npm run up -- fresh, which goes on");
    assert.equal(fresh("npm run verify, npm run up"), "npm run verify -- fresh, npm run up -- fresh");
    assert.match(settleRole("redis-replica-1", "sentinel", "why"), /npm run -s connect -- --node NAME/);
    assert.match(fresh(settleRole("redis-replica-1", "sentinel", "why")), /npm run -s connect -- fresh --node NAME/);
    const remedy = fresh(bringBack(contractOf(2, 3).nodes[0]!, { kind: "refused", text: "" }));
    assert.match(remedy, /`npm run up -- fresh`.*`npm run logs -- fresh redis-master`/);
  });

  it("is for the deployment that was named, too, where it takes one", () => {
    const hints = hintsFor({ stack: "dev", deployment: "queue" });
    assert.equal(hints("npm run rotate -- app --finish"), "npm run rotate -- --deployment queue app --finish");
    assert.equal(hints("npm run status; npm run up"), "npm run status -- --deployment queue; npm run up");
  });

  it("of the program itself, which names no stack, is completed after an update that failed", () => {
    assert.match(afterFailure("fresh") ?? "", /npm run up -- fresh, .*pulumi -- config set \.\.\. --stack fresh$/);
    assert.equal(afterFailure("dev"), undefined);
  });

  it("stays as it is where it means that already, or no stack", () => {
    for (const text of [
      "npm run up -- fresh",
      "npm run destroy -- other",
      "npm run doctor",
      "npm run image -- redis:7",
      "npm run -s pulumi -- stack ls",
      "npm run upgrade",
      "npm test",
    ]) {
      assert.equal(fresh(text), text);
    }
    const text = "see: npm run status, npm run rotate -- app";
    assert.equal(hintsFor({ stack: "dev" })(text), text);
  });
});
