/** docs/images: the HTML report of a good run and of a server that breaks its promise, in a real Chromium. Needs one in CHROME_PATH. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launch } from "puppeteer-core";

const { findServer } = await import("../dist/server/find.js");
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const IMAGES = fileURLToPath(new URL("../docs/images", import.meta.url));

/** What to show: a run, a view of it, and the element that is at the top. */
const SHOTS = [
  { name: "report-failed", run: "bad", scheme: "light", width: 1280, height: 860, top: "body" },
  { name: "report-passed", run: "good", scheme: "dark", width: 1280, height: 860, top: "body" },
  { name: "report-phone", run: "bad", scheme: "dark", width: 390, height: 844, top: "body" },
  {
    name: "report-certificates",
    run: "good",
    scheme: "light",
    width: 1280,
    height: 900,
    top: "#certificates-tls-verify",
  },
];

const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-images-"));
const { path } = await findServer();
const browser = await launch({ executablePath: process.env.CHROME_PATH, args: ["--no-sandbox"] });
try {
  const careless = join(dir, "careless");
  const script = `sed /sec:verify/d "$2" > "$2.new" && mv "$2.new" "$2"\nexec '${path}' "$@"`;
  writeFileSync(careless, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  check("good", path, 0);
  check("bad", careless, 1);
  mkdirSync(IMAGES, { recursive: true });
  for (const shot of SHOTS) await take(shot);
} finally {
  await browser.close();
  rmSync(dir, { recursive: true });
}

function check(run, server, expected) {
  const args = [MAIN, "check", "core", "--quiet", "--server", server, "--report", `html=${run}.html`];
  try {
    execFileSync(process.execPath, args, { cwd: dir, stdio: "ignore" });
  } catch (error) {
    if (error.status !== expected) throw error;
  }
}

async function take({ name, run, scheme, width, height, top }) {
  const page = await browser.newPage();
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height });
  await page.goto(pathToFileURL(join(dir, `${run}.html`)).href);
  const y = await page.evaluate((selector) => {
    for (const config of document.querySelectorAll(".config")) config.open = true;
    return document.querySelector(selector).getBoundingClientRect().top;
  }, top);
  const clip = { x: 0, y: Math.max(0, y - 16), width, height };
  await page.screenshot({ path: join(IMAGES, `${name}.png`), clip, captureBeyondViewport: true });
  await page.close();
}
