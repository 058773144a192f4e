/** What a person may give with --host, and what not. */
import { expect, test } from "vitest";
import { addressBytes } from "./hosts.ts";
import { hostNames } from "./pki.ts";

test.each([
  ["nats", "nats"],
  ["NATS.Example.test", "nats.example.test"],
  ["host.docker.internal", "host.docker.internal"],
  ["3com.test", "3com.test"],
  ["*.example.test", "*.example.test"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["*.Bücher.example", "*.xn--bcher-kva.example"],
  ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ["192.0.2.7", "192.0.2.7"],
  ["2001:DB8:0:0::7", "2001:db8::7"],
  ["::1", "::1"],
  ["a".repeat(63), "a".repeat(63)],
])("%s is a host", (given, normal) => {
  expect(hostNames([given])).toEqual([normal]);
});

test.each([
  "",
  " ",
  "a b",
  "nats://localhost",
  "localhost:4222",
  "nats@localhost",
  "a/b",
  "10.0.0.0/8",
  "1.2.3",
  "256.1.1.1",
  "0x7f.1",
  "nats.1",
  "%61.test",
  "[::1]",
  "fe80::1%eth0",
  "::ffff:192.0.2.7",
  "a..b",
  ".a",
  "a.",
  "-a",
  "a-",
  "my_service",
  "*",
  "*.test",
  "a.*.test",
  "*a.example.test",
  "*.*.example.test",
  "a".repeat(64),
  Array(64).fill("abc").join("."),
  "wrong-host.invalid",
  "\u0000",
  "xn--\u00fc.test",
  "bücher%2etest",
  "bücher.test:80",
  "nats@bücher.test",
  "bücher.test/x",
])("%j is none", (given) => {
  expect(() => hostNames([given])).toThrow(
    expect.objectContaining({
      code: "invalid-host",
      message: expect.stringContaining(JSON.stringify(given)),
      fix: expect.stringContaining("DNS name"),
    }),
  );
});

test("each host once, in the order given", () => {
  expect(hostNames(["b.test", "A.test", "a.test", "::2", "0:0::2"])).toEqual(["b.test", "a.test", "::2"]);
});

test.each([
  ["127.0.0.1", "7f000001"],
  ["::", "00".repeat(16)],
  ["::1", `${"00".repeat(15)}01`],
  ["2001:db8::7", `20010db8${"00".repeat(11)}07`],
  ["2001:db8::", `20010db8${"00".repeat(12)}`],
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ["64:ff9b::192.0.2.7", "0064ff9b0000000000000000c0000207"],
])("the bytes of %s", (address, hex) => {
  expect(addressBytes(address).toString("hex")).toBe(hex);
});
