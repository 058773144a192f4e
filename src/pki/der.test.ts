/** DER against bytes known from elsewhere. */
import { expect, test } from "vitest";
import {
  bitString,
  bmpString,
  encode,
  integer,
  oid,
  pem,
  sequence,
  taggedBytes,
  time,
  utf8String,
} from "./der.ts";

/** Expected bytes: the examples of X.690, or counted by hand. */
test.each([
  ["a small integer", integer(2), "020102"],
  ["an integer whose high bit would make it negative", integer(128), "02020080"],
  ["an integer from bytes", integer(Buffer.from("40ff", "hex")), "020240ff"],
  ["an object identifier with an arc of several bytes", oid("1.2.840.10045.2.1"), "06072a8648ce3d0201"],
  ["a bit string with unused bits", bitString(Buffer.of(0x06), 1), "03020106"],
  ["text outside ASCII", utf8String("ü"), "0c02c3bc"],
  ["text of two bytes a character", bmpString("a日"), "1e04006165e5"],
  ["an implicit string", taggedBytes(2, Buffer.from("a.b")), "8203612e62"],
  [
    "a value of more than 127 bytes",
    sequence(bitString(Buffer.alloc(200))),
    `3081cc0381c900${"00".repeat(200)}`,
  ],
])("%s", (_, value, hex) => {
  expect(encode(value).toString("hex")).toBe(hex);
});

test("a time is a UTCTime until 2049 and a GeneralizedTime from 2050 on", () => {
  const content = (iso: string) => encode(time(new Date(iso))).toString("latin1");
  expect(content("2049-12-31T23:59:59Z")).toBe("\x17\x0d491231235959Z");
  expect(content("2050-01-01T00:00:00Z")).toBe("\x18\x0f20500101000000Z");
});

test("PEM has 64 characters a line and ends with a newline", () => {
  const text = pem("X", Buffer.alloc(100, 0xff));
  expect(text.split("\n").map((line) => line.length)).toEqual([17, 64, 64, 8, 15, 0]);
  expect(Buffer.from(text.split("\n").slice(1, -2).join(""), "base64")).toEqual(Buffer.alloc(100, 0xff));
});
