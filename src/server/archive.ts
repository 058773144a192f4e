/** Reads one file out of a tar.gz or zip archive in memory. Names in it never become paths, so none can escape. */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** A nats-server is about 20 MB; a hundred times smaller archives that swell beyond this are no nats-server. */
const LARGEST = 200 * 1024 * 1024;

/** Throws when the archive is damaged or has no such regular file. */
export async function readTarGz(archive: Uint8Array, entry: string): Promise<Uint8Array> {
  const { extract } = await import("tar-stream");
  const tar = await promisify(gunzip)(archive, { maxOutputLength: LARGEST });
  const found = await new Promise<Uint8Array | undefined>((resolve, reject) => {
    const reader = extract();
    let content: Uint8Array | undefined;
    reader.on("entry", (header, stream, next) => {
      const chunks: Uint8Array[] = [];
      stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      stream.on("end", () => {
        if (header.name === entry && header.type === "file") content = Buffer.concat(chunks);
        next();
      });
    });
    reader.on("error", reject);
    reader.on("finish", () => resolve(content));
    reader.end(tar);
  });
  return found ?? missing(entry);
}

/** Throws when the archive is damaged or has no such file. A wheel is a zip archive. */
export async function readZip(archive: Uint8Array, entry: string): Promise<Uint8Array> {
  const { unzipSync } = await import("fflate");
  const files = unzipSync(archive, {
    filter: (file) => file.name === entry && file.originalSize <= LARGEST,
  });
  return files[entry] ?? missing(entry);
}

function missing(entry: string): never {
  throw new Error(`the archive holds no ${entry}`);
}
