import { describe, expect, it } from "vitest";
import { failureOf, newTrace, WireError } from "./trace.ts";

describe("failureOf", () => {
  it("reads the number of the alert out of OpenSSL's words, whatever its name", () => {
    const text = (name: string, number: number) =>
      `8020:error:0A000415:SSL routines:ssl3_read_bytes:${name}:rec_layer_s3.c:1601:SSL alert number ${number}\n`;
    for (const [name, number] of [
      ["sslv3 alert certificate expired", 45],
      ["ssl/tls alert certificate expired", 45],
      ["tlsv13 alert certificate required", 116],
    ] as const) {
      const error = Object.assign(new Error(text(name, number)), { code: "ERR_SSL_X" });
      expect(failureOf(error)).toEqual({
        code: "ERR_SSL_X",
        message: text(name, number).trim(),
        alert: number,
      });
    }
  });

  it("has no alert where there was none, nor for other numbers", () => {
    expect(failureOf(new WireError("CLOSED", "SSL alert"))).toEqual({ code: "CLOSED", message: "SSL alert" });
    expect(failureOf(new Error("error number 45"))).not.toHaveProperty("alert");
  });

  it("takes anything that is thrown", () => {
    expect(failureOf(new Error("one\ntwo"))).toEqual({ code: "ERROR", message: "one" });
    expect(failureOf("text")).toEqual({ code: "ERROR", message: "text" });
    expect(failureOf(undefined)).toMatchObject({ code: "ERROR" });
    expect(failureOf(Object.assign(new Error("x"), { code: 5 }))).toMatchObject({ code: "ERROR" });
  });
});

it("a new trace has done and seen nothing, and shares nothing with another", () => {
  const trace = newTrace();
  expect(trace).toEqual({
    pong: false,
    complete: false,
    open: false,
    errors: [],
    connectSent: "no",
    notes: [],
  });
  trace.errors.push("x");
  trace.notes.push("x");
  expect(newTrace()).toMatchObject({ errors: [], notes: [] });
});
