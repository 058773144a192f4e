/** The shape of a check of an own mode, with all its steps. */
import { z } from "zod";
import type { Capability, Check as CheckType, DriverName, Fault, Listener, Refusal, Step } from "../model.ts";
import { Client } from "./client-schema.ts";
import { CheckId, mapping, Name, Subject, Text, Word } from "./shapes.ts";

/** As the keys of a record, so that the compiler misses none. */
export const REFUSALS = Object.keys({
  login: 0,
  "auth-timeout": 0,
  publish: 0,
  subscribe: 0,
  "tls-required": 0,
  "tls-not-offered": 0,
  "tls-version": 0,
  "tls-cipher": 0,
  "server-untrusted": 0,
  "server-name": 0,
  "server-expired": 0,
  "server-not-yet-valid": 0,
  "server-usage": 0,
  "client-cert-missing": 0,
  "client-cert-untrusted": 0,
  "client-cert-expired": 0,
  "client-cert-not-yet-valid": 0,
  "client-cert-usage": 0,
  "client-cert-revoked": 0,
  "client-cert-pinned": 0,
  "credentials-expired": 0,
} satisfies Record<Refusal, 0>);

const FAULTS = Object.keys({ unreachable: 0, timeout: 0, other: 0 } satisfies Record<Fault, 0>);

const CAPABILITIES = Object.keys({
  "allow-responses": 0,
  "queue-permissions": 0,
  headers: 0,
  "deny-filters-wildcards": 0,
  "config-test": 0,
  jetstream: 0,
} satisfies Record<Capability, 0>);

const LISTENERS = Object.keys({
  client: 0,
  monitor: 0,
  cluster: 0,
  leafnode: 0,
  gateway: 0,
  websocket: 0,
  mqtt: 0,
} satisfies Record<Listener, 0>);

export const Capabilities = z.enum(CAPABILITIES);
export const Listeners = z.enum(LISTENERS);

const REPLIES = "must be a number of replies, 1 to 100";
const Replies = z.int().min(1, REPLIES).max(100, REPLIES);

const aSubject = (what: string) => Subject.describe(what);
const party = (what: string) => Name.describe(`The client that ${what}.`);

/** The keys of each step beside `op`; the compiler compares them with the model. */
const STEPS: {
  readonly [Op in Step["op"]]: Record<Exclude<keyof Extract<Step, { op: Op }>, "op">, z.ZodType>;
} = {
  connect: {},
  "before-connect": { send: z.string().describe("Bytes sent before any CONNECT.") },
  "second-connect": {},
  publish: {
    subject: aSubject("Subject it publishes to."),
    headers: z
      .record(
        z.string().regex(/^[!-9;-~]+$/, "is no name of a header"),
        z.string().regex(/^[^\r\n\0]*$/, "must be one line"),
      )
      .optional()
      .describe("Headers of the message."),
    witness: party("sees the message, if it was let through").optional(),
  },
  subscribe: {
    subject: aSubject("Subject it subscribes to; may hold wildcards."),
    queue: Word.optional().describe("Queue group it subscribes in."),
    source: party("publishes the sample").optional(),
    sample: aSubject("Subject of the message that must arrive.").optional(),
  },
  request: { subject: aSubject("Subject of the request."), responder: party("answers") },
  respond: {
    subject: aSubject("Subject it answers on."),
    asker: party("asks"),
    replies: Replies.describe("How many answers it sends."),
    allowed: z
      .int()
      .min(0, REPLIES)
      .max(100, REPLIES)
      .optional()
      .describe("How many of them go through before it is refused."),
  },
  filter: {
    subject: aSubject("Wildcard it subscribes to."),
    source: party("publishes"),
    open: aSubject("Subject of a message that must arrive."),
    denied: aSubject("Subject of a message that must not."),
  },
  info: {
    promises: mapping({
      auth_required: z.boolean().describe("The server asks for a login."),
      tls_required: z.boolean().describe("The server asks for TLS."),
      tls_verify: z.boolean().describe("The server asks for a client certificate."),
    }).describe("What INFO, the server's first line, must say."),
  },
  listeners: { exactly: z.array(Listeners).describe("The listeners there are, on loopback only.") },
  chain: { certificate: Name.describe("The certificate that must be served.") },
  cipher: {},
  "nothing-before-tls": {},
  "refuses-to-start": {
    server: Name.describe("The server that must not start."),
    says: Text.describe("A part of what it says then."),
  },
  stream: {
    does: z
      .enum(["make", "find", "miss", "write", "read"])
      .describe(
        "write: makes a stream and stores a message; read: finds it there; miss: finds no such stream.",
      ),
    storage: z.enum(["file", "memory"]).describe("Where the stream is kept."),
    subject: aSubject("Subject of the stream."),
  },
  "only-hashes": {},
  "default-trust": { extra: z.boolean().describe("With the mode's CA added to the trust store.") },
};

type StepShape = ReturnType<typeof mapping<{ op: z.ZodLiteral<string> }>>;

const [firstStep, ...otherSteps] = Object.entries(STEPS).map(([op, keys]) =>
  mapping({ op: z.literal(op), ...keys }),
) as [StepShape, ...StepShape[]];

/** What is done once the client of a check has dialled. */
const StepSchema = z.discriminatedUnion("op", [firstStep as StepShape, ...otherSteps]);

export const Check = mapping({
  title: Text.optional().describe("What is done, for the report; the id of the check when left out."),
  as: Name.optional().describe("The client that dials; app when left out."),
  but: Client.optional().describe("The one thing in which the client differs from as."),
  before: z
    .literal("restart")
    .optional()
    .describe("restart: the servers are started again before it, once all checks without it are over."),
  step: StepSchema.optional().describe("What it does; it connects when left out."),
  expect: z.enum(["ok", ...REFUSALS]).describe("ok, or why it is turned away."),
  driver: z
    .enum(["wire", "nats.js", "natscli"] satisfies DriverName[])
    .optional()
    .describe("What dials: wire (default, the judge), nats.js or natscli."),
  needs: Capabilities.optional().describe("What the server version must be able to do; skipped otherwise."),
  control: CheckId.optional().describe(
    "The check that must have passed before a refusal counts; when left out, the one in which as gets in.",
  ),
  deviates: mapping({
    without: Capabilities.describe("A server version that cannot do this …"),
    got: z.enum(["ok", ...REFUSALS, ...FAULTS]).describe("… may answer with this."),
    because: Text.describe("Why that is so."),
  })
    .optional()
    .describe("A known deviation of older servers."),
  note: Text.optional().describe("A remark for the reader."),
} satisfies Record<keyof CheckType, z.ZodType>);
