/** A client's certificates as stores for Java, with their password and the options that make a JVM use them. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HandedOut } from "../handed-out.ts";
import { keyStore, trustStore } from "../pki/pkcs12.ts";
import { randomText } from "../secrets.ts";
import { makePrivateDir, replacePrivate } from "../state/private-files.ts";
import { withoutCertificates } from "./certs.ts";

export type Files = Readonly<Record<string, string | Buffer>>;

export function caOf({ mode, connection }: HandedOut): string {
  const ca = connection.tls?.ca;
  if (ca === undefined) throw withoutCertificates(mode);
  return ca;
}

/** The files, by name, that go into `dir`. */
export function javaStores(
  found: HandedOut,
  dir: string,
  password = randomText("alphanumeric"),
): { readonly files: Files; readonly options: readonly string[] } {
  const ca = caOf(found);
  const pair = found.connection.tls?.present;
  const option = (store: "trustStore" | "keyStore") => [
    `-Djavax.net.ssl.${store}=${join(dir, `${store.toLowerCase()}.p12`)}`,
    `-Djavax.net.ssl.${store}Type=PKCS12`,
    `-Djavax.net.ssl.${store}Password=${password}`,
  ];
  const options = [...option("trustStore"), ...(pair === undefined ? [] : option("keyStore"))];
  return {
    options,
    files: {
      "truststore.p12": trustStore({ ca, alias: "ca", password }),
      ...(pair === undefined
        ? {}
        : { "keystore.p12": keyStore({ pair, ca, alias: found.client, password }) }),
      password,
      "java-options": options.map((line) => `${argumentFileWord(line)}\n`).join(""),
    },
  };
}

/** A word of a file for `java @FILE`: in quotes, with backslashes escaped (java(1), "java Command-Line Argument Files"). */
function argumentFileWord(word: string): string {
  return `"${word.replaceAll(/[\\"]/g, "\\$&")}"`;
}

/**
 * Writes them beside the client's other files, and returns the path of the file for `java @FILE`. The password stays
 * the same, so that a JVM that reads while they are written again opens either.
 */
export function writeJavaStores(found: HandedOut): string {
  const dir = join(dirname(found.files.ca ?? caOf(found)), "java");
  const kept = join(dir, "password");
  const { files } = javaStores(found, dir, existsSync(kept) ? readFileSync(kept, "utf8") : undefined);
  makePrivateDir(dir);
  for (const [file, content] of Object.entries(files)) replacePrivate(join(dir, file), content);
  return join(dir, "java-options");
}
