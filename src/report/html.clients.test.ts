/** The HTML report in a real Chromium: contrast and names by axe, the keyboard, phone and desktop, light and dark. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBrowser, openBrowser, openPage } from "../testing/browser.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";
import { DOES_NOT_START, editedServer, NO_VERIFY } from "../testing/edited-server.ts";

const path = findBrowser();
const required = process.env.NATS_SANDBOX_TEST_CLIENTS === "required";

/** Reports of real runs, by name. */
const RUNS = {
  "all is well": [],
  "a server takes anyone's certificate": [NO_VERIFY],
  "no server starts": [DOES_NOT_START],
} as const;
const VIEWS = (["light", "dark"] as const).flatMap((scheme) =>
  [390, 1280].map((width) => ({ scheme, width })),
);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Rules that a page breaks, with the elements; the details are opened, as what is hidden is not looked at. */
async function broken(page: Page): Promise<readonly string[]> {
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate("axe.run(document)")) as AxeResults;
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html }) => html)
          .join(" ")}`,
    );
}

/** A value out of the page; what a function does there is a text here, for there is no DOM among our types. */
function read<T>(page: Page, code: string): Promise<T> {
  return page.evaluate(code) as Promise<T>;
}

if (path === undefined && required)
  it("needs a Chromium", () => expect.fail("there is none: install one, or name it in CHROME_PATH"));

const title = `the page${path === undefined ? " (skipped: no Chromium on PATH, nor in CHROME_PATH)" : ""}`;
describe.skipIf(path === undefined)(title, () => {
  let room: Room;
  let browser: Browser;
  const fileOf = (run: string) => join(room.work, `${run.replaceAll(/\W/g, "-")}.html`);

  beforeAll(async () => {
    room = await openRoom("html");
    browser = await openBrowser(path ?? "");
    for (const [run, [sed]] of Object.entries(RUNS)) {
      const server = sed === undefined ? [] : ["--server", await editedServer(room, sed)];
      const modes = sed === undefined ? ["core"] : ["tls-verify", "permissions"];
      await room.run(["check", ...modes, ...server, "--report", `html=${fileOf(run)}`]);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await room?.[Symbol.asyncDispose]();
  });

  describe.each(Object.keys(RUNS))("when %s", (run) => {
    it.each(VIEWS)(
      "has no serious finding of axe, fits, and loads nothing else: $scheme, $width",
      async (view) => {
        await using opened = await openPage(browser, fileOf(run), view);
        const { page, requests, complaints } = opened;
        expect(await read<number>(page, "document.documentElement.scrollWidth")).toBe(view.width);
        expect(await broken(page)).toEqual([]);
        expect(await read<number>(page, "document.documentElement.scrollWidth")).toBe(view.width);
        expect(requests).toEqual([pathToFileURL(fileOf(run)).href]);
        expect(complaints).toEqual([]);
      },
    );
  });

  it("is dark where the reader's system is", async () => {
    const colours = await Promise.all(
      (["light", "dark"] as const).map(async (scheme) => {
        await using opened = await openPage(browser, fileOf("all is well"), { scheme, width: 390 });
        return read<string>(opened.page, "getComputedStyle(document.body).backgroundColor");
      }),
    );
    const [light = 0, dark = 0] = colours.map((colour) => Number(/\d+/.exec(colour)?.[0]));
    expect(light).toBeGreaterThan(200);
    expect(dark).toBeLessThan(60);
  });

  it("shows a failure in the first screen, on a phone too", async () => {
    const run = "a server takes anyone's certificate";
    await using opened = await openPage(browser, fileOf(run), { scheme: "light", width: 390 });
    const { page } = opened;
    const bottom = (selector: string) =>
      read<number>(
        page,
        `document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().bottom`,
      );
    expect(await bottom("h1")).toBeLessThan(300);
    expect(await bottom(".by-mode")).toBeLessThan(900);
    expect(await read<string>(page, 'document.querySelector(".by-mode").innerText')).toMatch(
      /wrong clients got in/,
    );
  });

  it("is walked through by keyboard: a skip link, a cell, its check", async () => {
    await using opened = await openPage(browser, fileOf("all is well"), { scheme: "light", width: 1280 });
    const { page } = opened;
    const focused = <T>(code: string) =>
      read<T>(page, `(() => { const it = document.activeElement; return ${code} })()`);
    await page.keyboard.press("Tab");
    expect(await focused<string>("it.className")).toBe("skip-link");
    expect(await focused<number>("it.getBoundingClientRect().left")).toBeGreaterThan(0);
    await page.keyboard.press("Enter");
    expect(await focused<string>("it.id")).toBe("main");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    expect(await focused<string>("it.className")).toMatch(/^cell /);
    expect(await focused<string>("getComputedStyle(it).outlineStyle")).toBe("solid");
    await page.keyboard.press("Enter");
    const evidence =
      'document.querySelector("details:target pre").checkVisibility({ contentVisibilityAuto: true })';
    expect(await read<boolean>(page, evidence)).toBe(true);
    await page.keyboard.press("Tab");
    expect(await focused<string>("it.tagName")).toBe("SUMMARY");
    await page.keyboard.press("Enter");
    expect(await focused<boolean>("it.parentElement.open")).toBe(true);
  });

  it("prints what failed and the configs unfolded, on white, and a line for each check that is as promised", async () => {
    const run = "a server takes anyone's certificate";
    await using opened = await openPage(browser, fileOf(run), { scheme: "light", width: 1280 });
    const { page } = opened;
    await page.emulateMediaType("print");
    const shown = (selector: string) =>
      read<readonly boolean[]>(
        page,
        `[...new Set([...document.querySelectorAll("${selector}")].map((it) => it.checkVisibility({ contentVisibilityAuto: true })))]`,
      );
    // What is folded is laid out a frame later.
    await expect.poll(() => shown("details.fail pre, .config pre")).toEqual([true]);
    expect(await shown("details.pass pre")).toEqual([false]);
    expect(await read<string>(page, "getComputedStyle(document.body).backgroundColor")).toBe(
      "rgb(255, 255, 255)",
    );
  });
});
