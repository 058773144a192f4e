/** Downloads a file into memory, giving up soon on a host that does not answer and on one that falls silent. */

import { connect, isIP } from "node:net";

export interface DownloadOptions {
  /** Milliseconds to connect. */
  readonly connect: number;
  /** Milliseconds without a byte of progress, before the answer and within it. */
  readonly stall: number;
  /** Bytes. */
  readonly largest: number;
  readonly signal: AbortSignal;
}

/** Rejects with an Error that says why, or with the signal's reason. Redirects are followed, but not out of TLS. */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  // `fetch` has no time limit of its own to connect. Where it was told to use a proxy, the host itself may be dark.
  if (process.env.NODE_USE_ENV_PROXY !== "1") await assertReachable(new URL(url), options);

  const stalled = new AbortController();
  const timer = setTimeout(() => {
    stalled.abort(new Error(`nothing came for ${options.stall / 1000} s`));
  }, options.stall);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([options.signal, stalled.signal]) });
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${url}`);
    if (url.startsWith("https:") && !response.url.startsWith("https:")) {
      throw new Error(`redirected from TLS to ${response.url}`);
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      timer.refresh();
      size += chunk.length;
      if (size > options.largest) throw new Error(`${url} is larger than ${options.largest} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
    // Ends the connection of an answer that was not read to its end.
    stalled.abort();
  }
}

function assertReachable(url: URL, { connect: limit, signal }: DownloadOptions): Promise<void> {
  signal.throwIfAborted();
  const bracketless = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const host = isIP(bracketless) ? bracketless : url.hostname;
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(
      () => end(new Error(`no connection to ${host} within ${limit / 1000} s`)),
      limit,
    );
    const onAbort = () => end(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", end);
    socket.once("connect", () => end());

    function end(failure?: unknown): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      if (failure === undefined) resolve();
      else reject(failure);
    }
  });
}
