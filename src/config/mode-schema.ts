/** The shape of an own mode: the same plain data as a built-in one, with more that may be left out. */
import { z } from "zod";
import type {
  CertificateRecipe,
  FaultName,
  GroupName,
  Mode,
  Permissions,
  ServerRecipe,
  SubjectLists,
  UserRecipe,
} from "../model.ts";
import { Capabilities, Check, Listeners } from "./check-schema.ts";
import { Client } from "./client-schema.ts";
import { CheckId, Limits, mapping, Name, Port, Subject, Text } from "./shapes.ts";
import { TEMPLATES } from "./templates.ts";

const GROUPS = Object.keys({
  core: 0,
  authentication: 0,
  authorization: 0,
  encryption: 0,
  listeners: 0,
  topology: 0,
  storage: 0,
  faults: 0,
} satisfies Record<GroupName, 0>);

const FAULTS = Object.keys({
  expired: 0,
  "not-yet-valid": 0,
  "wrong-host": 0,
  stranger: 0,
  "twin-ca": 0,
  "self-signed": 0,
  "server-eku-only": 0,
  "no-eku": 0,
  "no-san": 0,
} satisfies Record<FaultName, 0>);

const Subjects = mapping({
  allow: z.array(z.string()).optional().describe("Subjects that are allowed; everything when left out."),
  deny: z.array(z.string()).optional().describe("Subjects that are not, whatever allow says."),
} satisfies Record<keyof SubjectLists, z.ZodType>);

const RESPONSES = "must be a number of answers, 1 or more";

const User = mapping({
  login: Name.describe("Name of a secret of kind password."),
  permissions: mapping({
    publish: Subjects.optional().describe("Subjects it may publish to."),
    subscribe: Subjects.optional().describe(
      "Subjects it may subscribe to; with a queue group after a space, in that queue only.",
    ),
    responses: z
      .int()
      .min(1, RESPONSES)
      .max(1_000_000, RESPONSES)
      .optional()
      .describe("May answer a request on a subject that publish does not allow: so many times."),
  } satisfies Record<keyof Permissions, z.ZodType>)
    .optional()
    .describe("What it may do; everything when left out."),
} satisfies Record<keyof UserRecipe, z.ZodType>);

const Server = mapping({
  template: z
    .enum(Object.keys(TEMPLATES))
    .optional()
    .describe("Its server config; users.conf when left out."),
  params: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Values of the template, by reference: $app.password of a secret, @server.cert and @server.key of a certificate, @ca.",
    ),
  users: z
    .array(User)
    .optional()
    .describe("Its users (template users.conf); without any, it lets in everyone who passes its TLS."),
  ports: z
    .partialRecord(Listeners, Port)
    .optional()
    .describe("A fixed port per listener; one that is taken is an error. Default: the server chooses."),
  during: z
    .literal("check")
    .optional()
    .describe("check: lives only while the mode is checked, and is never handed out."),
} satisfies Record<keyof ServerRecipe, z.ZodType>);

const Certificate = mapping({
  profile: z.enum(["server", "client", "peer"]).describe("What it is for."),
  fault: z.enum(FAULTS).optional().describe("What is wrong with it; nothing when left out."),
  commonName: z
    .string()
    .regex(/^[^\p{Cc}]{1,64}$/u, "must have 1 to 64 characters, and no control character")
    .optional()
    .describe("Subject common name; the name of the certificate when left out."),
} satisfies Record<keyof CertificateRecipe, z.ZodType>);

const hash = z.literal("bcrypt").optional().describe("bcrypt: the server's config holds only the hash.");
const alphabet = z
  .enum(["alphanumeric", "reserved"])
  .optional()
  .describe(
    "Characters of a random one: letters and digits (default), or those that URLs treat specially too.",
  );
const given = (what: string) =>
  z.string().optional().describe(`The ${what}; a random one when left out. Better a variable than in clear.`);

const Secret = z.discriminatedUnion("kind", [
  mapping({
    kind: z.literal("password").describe("A user name and a password."),
    user: z.string().describe("The user name."),
    hash,
    alphabet,
    value: given("password"),
  }),
  mapping({ kind: z.literal("token").describe("A token."), hash, alphabet, value: given("token") }),
]);

export const OwnMode = mapping({
  aliases: z.array(Name).optional().describe("Other names of the mode."),
  title: Text.optional().describe("A few words for the report; the name when left out."),
  why: Text.optional().describe("One sentence for the list of modes."),
  groups: z
    .array(z.enum(GROUPS))
    .optional()
    .describe("Groups it is in; none when left out. What is in core is started where nothing is named."),
  needs: Capabilities.optional().describe("What the server version must be able to do; skipped otherwise."),
  jetstream: Limits.optional().describe("Its servers keep streams, within these limits."),
  publishes: Subject.optional().describe(
    "A subject that app may publish to, where it may not publish to any.",
  ),
  servers: z.record(Name, Server).describe("Its servers by name; one of them is called server."),
  certificates: z
    .record(Name, Certificate)
    .optional()
    .describe("Certificates by name, each made fresh, with a key, by the mode's own CA."),
  secrets: z.record(Name, Secret).optional().describe("Passwords and tokens by name."),
  clients: z
    .record(Name, Client)
    .describe("Clients by name. One of them is called app, the one that gets in."),
  checks: z
    .record(CheckId, Check)
    .optional()
    .describe("What is checked, by id. When left out: every client gets in, and not with a wrong login."),
} satisfies Record<Exclude<keyof Mode, "name" | "findings">, z.ZodType>);
