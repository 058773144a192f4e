/** A real Chromium without a window, which opens files of this machine and nothing else. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, launch, type Page } from "puppeteer-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** CHROME_PATH, or one on PATH. */
export function findBrowser(): string | undefined {
  const { CHROME_PATH, PATH = "" } = process.env;
  if (CHROME_PATH) return CHROME_PATH;
  return PATH.split(delimiter)
    .flatMap((dir) => NAMES.map((name) => join(dir, name)))
    .find((path) => existsSync(path));
}

/** Its sandbox does not start as root, nor in most containers; what it opens is our own. */
export function openBrowser(path: string): Promise<Browser> {
  return launch({ executablePath: path, args: ["--no-sandbox", "--disable-gpu"] });
}

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Addresses that it asked for. */
  readonly requests: readonly string[];
  /** What it complained of, violations of the page's policy among it. */
  readonly complaints: readonly string[];
}

export async function openPage(
  browser: Browser,
  file: string,
  { scheme, width }: { readonly scheme: "light" | "dark"; readonly width: number },
): Promise<Opened> {
  const page = await browser.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => void requests.push(request.url()));
  page.on("console", (message) => void complaints.push(message.text()));
  page.on("pageerror", (error) => void complaints.push(String(error)));
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(pathToFileURL(file).href);
  return { page, requests, complaints, [Symbol.asyncDispose]: () => page.close() };
}
