import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { type DownloadOptions, download } from "./http.ts";
import { reasonOf } from "./reason.ts";

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

/** The content, or why there is none. */
async function outcome(url: string, more: Partial<DownloadOptions> = {}): Promise<string> {
  const signal = new AbortController().signal;
  const options = { connect: 300, stall: 300, largest: 1000, signal, ...more };
  return download(url, options).then((content) => Buffer.from(content).toString(), reasonOf);
}

it("gives the content, through redirects", async () => {
  const url = await serve(({ url }, response) => {
    if (url === "/moved") response.end("content");
    else response.writeHead(302, { location: "/moved" }).end();
  });
  expect(await outcome(url)).toBe("content");
});

it("takes long when bytes keep coming", async () => {
  const url = await serve((_, response) => {
    let left = 5;
    const drip = setInterval(
      () => (left-- > 0 ? response.write("x") : response.end(() => clearInterval(drip))),
      100,
    );
  });
  expect(await outcome(url)).toBe("xxxxx");
});

it.each<readonly [string, RequestListener, string]>([
  ["an error status", (_, response) => void response.writeHead(503).end(), "HTTP 503"],
  ["no answer", () => {}, "nothing came for 0.3 s"],
  [
    "silence after the headers",
    (_, response) => response.writeHead(200).flushHeaders(),
    "nothing came for 0.3 s",
  ],
  ["more than is wanted", (_, response) => void response.end("x".repeat(1001)), "is larger than 1000 bytes"],
  [
    "an end before the end",
    (_, response) => {
      response.writeHead(200, { "content-length": 100 }).write("x");
      setTimeout(() => response.destroy(), 20);
    },
    "closed",
  ],
])("tells of %s", async (_, listener, why) => {
  expect(await outcome(await serve(listener))).toContain(why);
});

it("tells that nothing listens", async () => {
  expect(await outcome("http://127.0.0.1:1/file")).toContain("ECONNREFUSED");
  expect(await outcome("http://[::1]:1/file")).toMatch(/::1/);
});

it("gives up on a host that lets nobody connect", async () => {
  // A stopped process accepts nobody; once its backlog is full, the kernel answers no more.
  const program =
    'require("net").createServer().listen({port: 0, host: "127.0.0.1", backlog: 1}, function () { console.log(this.address().port); process.kill(process.pid, "SIGSTOP") })';
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const port = Number(await once(child.stdout, "data"));
  const crowd = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  try {
    expect(await outcome(`http://127.0.0.1:${port}/file`)).toBe("no connection to 127.0.0.1 within 0.3 s");
  } finally {
    for (const socket of crowd) socket.destroy();
    child.kill("SIGKILL");
  }
});

it("ends with the signal's reason when aborted", async () => {
  const stop = new AbortController();
  const url = await serve(() => stop.abort(new Error("enough")));
  expect(await outcome(url, { signal: stop.signal })).toBe("enough");
});
