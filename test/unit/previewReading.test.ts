import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { previewFrom } from "../../ops/preview/read";
import { renderPreview } from "../../ops/preview/render";
import { CONTAINER_OF_REPLICA, madeUpPreview, storedPreview, VOLUME_OF_REPLICA } from "../support/previews";

const read = (stdout: string, exitCode = 0) => previewFrom({ stack: "dev", exitCode, stdout, stderr: "" });
const told = (stdout: string, exitCode = 0): string => renderPreview(read(stdout, exitCode));

describe("a preview that could not be read", () => {
  const { stdout } = storedPreview("scale-down");
  const document = { steps: [{ op: "delete", urn: "urn:pulumi:dev::p::t::n" }], changeSummary: { delete: 1 } };
  for (const [what, printed] of [
    ["nothing is printed", ""],
    ["all is one document", JSON.stringify(document)],
    ["all is one document, over several lines", JSON.stringify(document, undefined, 4)],
    ["the summary is missing", stdout.split("\n").slice(0, -1).join("\n")],
  ] as const) {
    it(`has failed, and is not one without changes: ${what}`, () => {
      assert.equal(read(printed).failed, true);
      assert.match(told(printed), /^## Preview of `dev` failed$/m);
      assert.match(told(printed), /^> What Pulumi printed could not be read, since there is no summary in it/m);
      assert.doesNotMatch(told(printed), /No changes|Interruption/);
    });
  }

  it("is not one without changes either where Pulumi itself gave up", () => {
    assert.match(told("", 255), /^> Pulumi gave no reason; the log of the run may have one\.$/m);
    assert.doesNotMatch(told("", 255), /No changes|could not be read/);
  });
});

describe("a preview of which not all could be read", () => {
  const volume = { op: "delete", types: VOLUME_OF_REPLICA, name: "cache-replica-2-data", deployment: "cache" };
  const container = { ...volume, types: CONTAINER_OF_REPLICA, name: "cache-replica-2" };

  it("says so where Pulumi counts more, and promises nothing", () => {
    const comment = told(madeUpPreview([container], { delete: 2, same: 9 }));
    assert.match(
      comment,
      /^> \*\*This preview may leave something out\.\*\* Look at `npm run preview -- dev --diff` /m,
    );
    assert.match(comment, /^> - Of the steps called "delete" Pulumi counts 2, and 1 could be read\.$/m);
    assert.doesNotMatch(comment, /Interruption/);
    assert.doesNotMatch(told(madeUpPreview([container])), /may leave something out/);
  });

  it("says so where a line is of another form", () => {
    const odd = { policyEvent: { message: 7, policyName: "data-kept" } };
    const comment = told(`${JSON.stringify(odd)}\n${madeUpPreview([])}`);
    assert.match(comment, /^> - Lines of what Pulumi printed that could not be read: 1\.$/m);
    assert.doesNotMatch(comment, /No changes/);
    assert.doesNotMatch(told(`{"a plugin's": "line"}\n7\nnull\n${madeUpPreview([])}`), /could not be read/);
  });

  it("reads what has no parent and no flags", () => {
    const bare = { ...volume, old: { parent: null, protect: null, retainOnDelete: null, inputs: null } };
    const comment = told(madeUpPreview([bare]));
    assert.match(comment, /\*\*A volume with data is deleted: `cache-replica-2-data`\.\*\*/);
    assert.doesNotMatch(comment, /could not be read/);
  });

  for (const op of ["import", "import-replacement", "read-replacement", "delete-replaced", "what-comes-next"]) {
    it(`shows a step that it does not know: ${op}`, () => {
      const comment = told(madeUpPreview([{ ...volume, op }]));
      assert.match(comment, /^\*\*1 other step\*\*$/m);
      assert.match(comment, /\*\*Something else happens to a volume with data: `cache-replica-2-data`\.\*\*/);
      assert.match(comment, /^> \*\*Interruption: cannot be told\.\*\*/m);
      assert.ok(comment.includes(`| \`${op}\` | \`Volume\` | \`cache-replica-2-data\` |`), comment);
      assert.doesNotMatch(comment, /No changes|may leave something out/);
    });
  }

  it("takes the parts of a replacement for one change", () => {
    const parts = ["create-replacement", "replace", "delete-replaced"].map((op) => ({ ...container, op }));
    const comment = told(madeUpPreview(parts, { replace: 1 }));
    assert.match(comment, /^\*\*1 to replace\*\*$/m);
    assert.doesNotMatch(comment, /other step|may leave something out/);
  });
});
