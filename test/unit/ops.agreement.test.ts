import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { agreeTo, type Consent } from "../../ops/agreement";
import { Member } from "../../handover/group";
import type { PromotionPlan } from "../../handover/promotion";
import { UserError } from "../../config/userError";

function member(name: string, port: number): Member {
  const address = { host: "127.0.0.1", port };
  return new Member({ name, ...address, announced: address, engine: "" }, () => new Redis({ lazyConnect: true }));
}

const [chosen, master, other] = [member("a", 6380), member("m", 6379), member("b", 6381)];
const safe: PromotionPlan = { chosen, master, followers: [master, other], absent: [], risks: [] };
const noMaster: PromotionPlan = {
  chosen,
  followers: [other],
  absent: ["m"],
  risks: ["m does not answer: writes that only it has are lost"],
};
const behind: PromotionPlan = { ...safe, risks: ["a has no link to the master: writes that only m has are lost"] };

/** Agrees to a plan, with what the second look sees; gives what was asked as well. */
async function agree(plan: PromotionPlan, now: PromotionPlan | "already", consent: Consent = {}, answer = true) {
  const asked: string[] = [];
  const confirm = (question: string, option = "--yes") => {
    asked.push(`${question} ${option}`);
    return Promise.resolve(answer);
  };
  return { asked, plan: await agreeTo(plan, consent, { confirm, lookAgain: () => Promise.resolve(now) }) };
}

const refusal = (plan: PromotionPlan, now: PromotionPlan): Promise<string> =>
  agree(plan, now).then(
    () => assert.fail("not refused"),
    (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      return error.message;
    },
  );

describe("agreeing to a promotion", () => {
  it("takes --yes for what is safe, --force for anything, else a person", async () => {
    const cases: readonly [PromotionPlan, Consent, string[]][] = [
      [safe, { yes: true }, []],
      [safe, {}, ["Promote a? --yes"]],
      [behind, { yes: true }, ["Promote a all the same? --force"]],
      [behind, { force: true }, []],
    ];
    for (const [plan, consent, asked] of cases) {
      assert.deepEqual(await agree(plan, plan, consent), { asked, plan });
    }
  });

  it("is not given by a no", async () => {
    assert.equal((await agree(safe, safe, {}, false)).plan, undefined);
  });

  it("holds for what is there after the answer", async () => {
    const now = { ...safe, followers: [master], absent: ["b"] };
    assert.equal((await agree(safe, now)).plan, now);
    assert.equal((await agree(safe, "already")).plan, "already");
  });

  it("holds where there is less to lose by then, and nothing more is lost", async () => {
    assert.equal((await agree(behind, safe)).plan, safe);
  });

  it("does not hold when a master is back that did not answer: it would not be paused, and go on beside the new one", async () => {
    assert.equal(
      await refusal(noMaster, safe),
      "Meanwhile m (127.0.0.1:6379) became master. Nothing was changed; decide anew, with: npm run promote -- a",
    );
  });

  it("does not hold when another node is master by then", async () => {
    assert.match(await refusal(safe, { ...safe, master: other }), /^Meanwhile b \(127\.0\.0\.1:6381\) became master\./);
  });

  it("does not hold when there is more to lose", async () => {
    assert.match(
      await refusal(safe, behind),
      /^Meanwhile data may be lost in another way: a has no link to the master: .* lost\. Nothing was changed;/,
    );
    assert.match(await refusal(safe, noMaster), /^Meanwhile data may be lost in another way: m does not answer/);
  });
});
