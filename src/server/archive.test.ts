import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { readTarGz, readZip } from "./archive.ts";

const WANTED = "folder/nats-server";

async function tarGz(fill: (archive: ReturnType<typeof pack>) => void): Promise<Buffer> {
  const archive = pack();
  fill(archive);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

describe("tar.gz", () => {
  it("gives the one file asked for, among others and beyond one block", async () => {
    const content = "binary".repeat(5000);
    const archive = await tarGz((tar) => {
      tar.entry({ name: "folder/", type: "directory" });
      tar.entry({ name: "../nats-server" }, "evil");
      tar.entry({ name: "folder/LICENSE" }, "license");
      tar.entry({ name: WANTED }, content);
      tar.entry({ name: "folder/README.md" }, "readme");
    });
    expect(Buffer.from(await readTarGz(archive, WANTED)).toString()).toBe(content);
  });

  it("takes no link for the file", async () => {
    const archive = await tarGz((tar) => tar.entry({ name: WANTED, type: "symlink", linkname: "/bin/sh" }));
    await expect(readTarGz(archive, WANTED)).rejects.toThrow(`the archive holds no ${WANTED}`);
  });

  it("refuses an archive that ends too early, compressed or not", async () => {
    const archive = await tarGz((tar) => tar.entry({ name: WANTED }, "binary".repeat(5000)));
    await expect(readTarGz(archive.subarray(0, archive.length / 2), WANTED)).rejects.toThrow();
    const cut = gzipSync(gunzipSync(archive).subarray(0, 4096));
    await expect(readTarGz(cut, WANTED)).rejects.toThrow();
  });
});

describe("zip", () => {
  it("gives the one file asked for", async () => {
    const archive = zipSync({ "../nats-server": strToU8("evil"), [WANTED]: strToU8("binary") });
    expect(Buffer.from(await readZip(archive, WANTED)).toString()).toBe("binary");
  });

  it("refuses an archive that lacks it or is damaged", async () => {
    const archive = zipSync({ "nats-server": strToU8("binary") });
    await expect(readZip(archive, WANTED)).rejects.toThrow(`the archive holds no ${WANTED}`);
    await expect(readZip(archive.subarray(0, 40), WANTED)).rejects.toThrow();
  });
});
