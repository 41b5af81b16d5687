import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { marked } from "marked";
import { previewFolder } from "../test/support/previews";

/**
 * Makes the picture of a comment in docs/pull-requests.md, from the Markdown of a preview that a test reads, as GitHub
 * shows it (its style sheet is the npm package github-markdown-css). It needs Chromium on the PATH:
 *
 *     node --import tsx tools/commentPicture.ts [PREVIEW [FILE]]
 */

const WIDTH = 860;

/** GitHub's coloured boxes are no part of Markdown: a quotation whose first words are a mark. */
function boxes(html: string): string {
  return html.replaceAll(
    /<blockquote>\s*<p>\[!(\w+)\](?:\n|(<\/p>))/g,
    (_, kind: string, ends: string | undefined) =>
      `<blockquote class="box ${kind.toLowerCase()}"><p class="title">${kind.charAt(0)}${kind.slice(1).toLowerCase()}</p>${ends === undefined ? "<p>" : ""}`,
  );
}

const page = (markdown: string): string => `<!doctype html>
<meta charset="utf-8">
<style>
${readFileSync(require.resolve("github-markdown-css/github-markdown-light.css"), "utf8")}
body { margin: 0; padding: 16px; background: #fff; width: ${WIDTH - 32}px; }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e;
  font: 14px -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
.head b { color: #1f2328; }
.markdown-body { padding: 16px; font-size: 14px; }
.markdown-body blockquote.box { color: #1f2328; padding: 8px 16px; }
.markdown-body blockquote.box .title { font-weight: 500; margin-bottom: 8px; }
.box.caution { border-left-color: #cf222e; } .box.caution .title { color: #d1242f; }
.box.warning { border-left-color: #9a6700; } .box.warning .title { color: #9a6700; }
.box.note { border-left-color: #0969da; } .box.note .title { color: #0969da; }
</style>
<div class="comment"><div class="head"><b>github-actions</b> commented</div>
<div class="markdown-body">${boxes(marked.parse(markdown, { async: false }))}</div></div>
`;

/** A window as high as the page: Chromium says how high that is in a first look. */
function picture(html: string, file: string): void {
  const folder = mkdtempSync(join(tmpdir(), "comment-"));
  try {
    const source = join(folder, "comment.html");
    writeFileSync(source, `${html}<script>document.title = document.documentElement.scrollHeight</script>`);
    const chromium = (...options: readonly string[]): string =>
      execFileSync(
        "chromium",
        [
          "--headless=new",
          "--no-sandbox",
          "--disable-gpu",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--hide-scrollbars",
          `--user-data-dir=${join(folder, "profile")}`,
          ...options,
          `file://${source}`,
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 60_000 },
      );
    const measured = chromium(`--window-size=${WIDTH},100`, "--dump-dom");
    const height = /<title>(\d+)<\/title>/.exec(measured)?.[1] ?? "1000";
    chromium(`--window-size=${WIDTH},${height}`, `--screenshot=${file}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [preview = "several", file = join(__dirname, "..", "docs", "preview-comment.png")] = process.argv.slice(2);
picture(page(readFileSync(join(previewFolder, `${preview}.md`), "utf8")), file);
