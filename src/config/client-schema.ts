/** The shape of a client of an own mode, and of what a check may change in it. */
import { z } from "zod";
import type { ClientSpec, TrustName } from "../model.ts";
import { mapping, Name, Subject, Word } from "./shapes.ts";

const TRUSTS = ["ca", "stranger", "twin-ca"] as const satisfies readonly TrustName[];

const Login = mapping({
  user: z
    .string()
    .optional()
    .describe("User name: a reference such as $app.user; empty text sends an empty one."),
  password: z
    .string()
    .optional()
    .describe("Password: a reference such as $app.password; empty text sends an empty one."),
  token: z
    .string()
    .optional()
    .describe("Token: a reference such as $app.token; empty text sends an empty one."),
});

export const Client = mapping({
  login: Login.nullable()
    .optional()
    .describe("How it introduces itself; a slot that is left out is not sent. null: not at all."),
  loginIn: z
    .enum(["options", "url"])
    .optional()
    .describe("Where the login travels: CONNECT options (default), or the URL, percent-encoded."),
  trust: z
    .enum(TRUSTS)
    .nullable()
    .optional()
    .describe(
      "Whose certificates it believes: ca is the mode's own CA; null is the default trust store. Without it, no TLS.",
    ),
  present: Name.nullable().optional().describe("Name of the certificate it shows; null: none."),
  verifyAs: Word.optional().describe(
    "The name or address that the server's certificate must be good for, if not the one dialled (driver wire only).",
  ),
  maxVersion: z
    .enum(["TLSv1.1", "TLSv1.2", "TLSv1.3"])
    .optional()
    .describe("Highest TLS version it offers (driver wire only)."),
  tls: z
    .enum(["never", "demand", "demand-by-option"])
    .optional()
    .describe(
      "never: speaks plaintext although the server asks for TLS (driver wire only). demand: told tls://. Default: as the server says.",
    ),
  server: Name.optional().describe("The server of the mode that it dials; server when left out."),
  inboxPrefix: Subject.optional().describe("Prefix of its reply subjects; _INBOX when left out."),
} satisfies Record<keyof ClientSpec, z.ZodType>);
