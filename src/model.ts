/** The vocabulary: the types every other file is a function between. Nothing here runs but `defineMode`. */

// ---- recipes: what a mode asks for, by name; nothing here is a secret ------------------------------------------

/** Kinds of key a certificate can have. P-256 is the default: every client and every server version takes it. */
export type KeyType = "p256" | "p384" | "rsa2048" | "ed25519";

/** What a certificate is for; each is one entry of `certs/profiles.yaml`. */
export type ProfileName = "ca" | "server" | "client" | "peer";

/** One thing that is wrong with an otherwise good certificate; each is one entry of `certs/faults.yaml`. */
export type FaultName =
  | "expired"
  | "not-yet-valid"
  | "wrong-host"
  | "stranger"
  | "twin-ca"
  | "self-signed"
  | "server-eku-only"
  | "no-eku"
  | "no-san";

export interface CertificateRecipe {
  readonly profile: Exclude<ProfileName, "ca">;
  readonly fault?: FaultName;
  /** Subject common name; the certificate's own name in the mode when absent. */
  readonly commonName?: string;
}

export type SecretRecipe =
  /** A user name and a password; with `hash`, the server's config holds only the bcrypt hash. */
  | {
      readonly kind: "password";
      readonly user: string;
      readonly hash?: "bcrypt";
      readonly alphabet?: Alphabet;
      /** The password, in clear; a random one when absent. */
      readonly value?: string;
    }
  | {
      readonly kind: "token";
      readonly hash?: "bcrypt";
      readonly alphabet?: Alphabet;
      /** The token, in clear; a random one when absent. */
      readonly value?: string;
    };

/** Random secrets are `[A-Za-z0-9]`, because several clients do not percent-decode URLs; `reserved` is for checks. */
export type Alphabet = "alphanumeric" | "reserved";

/** A value of a secret by name: `$app.password`. `:swapcase` changes the case of every letter. */
export type SecretRef<Secret extends string = string> =
  `$${Secret}.${"user" | "password" | "token" | "hash"}${"" | ":swapcase"}`;

/** How a client introduces itself. A slot that is absent is not sent at all; an empty text is sent as such. */
export interface LoginSpec<Secret extends string = string> {
  readonly user?: SecretRef<Secret> | "";
  readonly password?: SecretRef<Secret> | "";
  readonly token?: SecretRef<Secret> | "";
}

/** A client of a mode, by reference. In `but`, `null` means "explicitly nothing". */
export interface ClientSpec<Cert extends string = string, Secret extends string = string> {
  readonly login?: LoginSpec<Secret> | null;
  /** Where the login travels: CONNECT options (default), or the URL, percent-encoded. */
  readonly loginIn?: "options" | "url";
  /** Whose certificates it believes: the mode's CA, another CA, or `null`, which leaves the default trust store. */
  readonly trust?: TrustName | null;
  /** The certificate it shows. */
  readonly present?: Cert | null;
  /** The name or address that the server's certificate must be good for, if not the one dialled (wire only). */
  readonly verifyAs?: string;
  /** Highest TLS version the client offers (wire only). */
  readonly maxVersion?: "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  /** `never`: speaks plaintext although INFO asks for TLS (wire only). `demand`: told `tls://`. Default: as INFO says. */
  readonly tls?: "never" | "demand" | "demand-by-option";
  /** Which server of the mode it dials; `server` when absent. */
  readonly server?: string;
  /** Prefix of its reply subjects; `_INBOX` when absent. */
  readonly inboxPrefix?: string;
}

/** CAs a client can be told to trust. `twin-ca` has the subject of the mode's CA and another key. */
export type TrustName = "ca" | "stranger" | "twin-ca";

/** A PEM file of the mode, by certificate name. */
export type FileRef<Cert extends string = string> = `@${Cert}.${"cert" | "key"}` | "@ca";

// ---- servers ----------------------------------------------------------------------------------------------------

/** Listeners a nats-server can have. */
export type Listener = "client" | "monitor" | "cluster" | "leafnode" | "gateway" | "websocket" | "mqtt";

export interface ServerRecipe<Cert extends string = string, Secret extends string = string> {
  /** File in `templates/server/`, without `.eta`. */
  readonly template: string;
  /** Values for the template: secrets and certificates by name, or plain values. */
  readonly params?: Readonly<
    Record<string, SecretRef<Secret> | `@${Cert}.${"cert" | "key"}` | "@ca" | string>
  >;
  /** Users for the template `users.conf`; without any, it lets everyone in who passes its TLS. */
  readonly users?: readonly UserRecipe<Secret>[];
  /** A fixed port per listener; one that is taken is an error. Default: the server chooses. */
  readonly ports?: Readonly<Partial<Record<Listener, number>>>;
  /** `check`: a variant that lives only while the mode is checked, and is never handed out. */
  readonly during?: "check";
}

/** One user of `users.conf`: who, and what is allowed. */
export interface UserRecipe<Secret extends string = string> {
  /** Name of a password secret. */
  readonly login: Secret;
  /** Everything is allowed when absent. */
  readonly permissions?: Permissions;
}

/** Subjects a user may publish and subscribe to, as nats-server reads them: `deny` wins over `allow`. */
export interface Permissions {
  readonly publish?: SubjectLists;
  readonly subscribe?: SubjectLists;
  /** May answer requests on subjects that `publish` does not allow: one answer, or as many as said here. */
  readonly responses?: number;
}

export interface SubjectLists {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** Limits of the JetStream store, in bytes. */
export interface JetStreamLimits {
  readonly memory: number;
  readonly disk: number;
}

/** What a server version can do; a template asks with `it.can(name)`, a check or client with `needs`. */
export type Capability =
  | "allow-responses"
  | "queue-permissions"
  | "headers"
  | "deny-filters-wildcards"
  | "config-test"
  | "jetstream";

// ---- checks -----------------------------------------------------------------------------------------------------

/** Why one side turned the other away. Closed, public and stable. */
export type Refusal =
  | "login"
  | "auth-timeout"
  | "publish"
  | "subscribe"
  | "tls-required"
  | "tls-not-offered"
  | "tls-version"
  | "tls-cipher"
  | "server-untrusted"
  | "server-name"
  | "server-expired"
  | "server-not-yet-valid"
  | "server-usage"
  | "client-cert-missing"
  | "client-cert-untrusted"
  | "client-cert-expired"
  | "client-cert-not-yet-valid"
  | "client-cert-usage"
  | "client-cert-revoked"
  | "client-cert-pinned"
  | "credentials-expired";

/** Anything else that went wrong. Never an acceptable "no": a dead server must not make a negative check pass. */
export type Fault = "unreachable" | "timeout" | "other";

export type Side = "server" | "client";

/** What is done once the client of a check has dialled. */
export type Step =
  /** CONNECT, PING: in when the PONG arrives. */
  | { readonly op: "connect" }
  /** These bytes before any CONNECT. */
  | { readonly op: "before-connect"; readonly send: string }
  /** A CONNECT with the right login, and after its PONG a second one with the login of `but`. */
  | { readonly op: "second-connect" }
  /** Publish; a message that was let through is seen by `witness`, and one that was refused is not. */
  | {
      readonly op: "publish";
      readonly subject: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly witness?: string;
    }
  /** Subscribe; when let through, what `source` publishes to `sample` arrives. */
  | {
      readonly op: "subscribe";
      readonly subject: string;
      readonly queue?: string;
      readonly source?: string;
      readonly sample?: string;
    }
  /** Ask `responder`, who answers `replies` times (default 1); the answers must arrive. */
  | { readonly op: "request"; readonly subject: string; readonly responder: string }
  /** The same seen from the responder: answer `asker` `replies` times; a refusal counts only after `allowed` went through. */
  | {
      readonly op: "respond";
      readonly subject: string;
      readonly asker: string;
      readonly replies: number;
      readonly allowed?: number;
    }
  /** Subscribe to a wildcard: what `source` publishes to `open` arrives, what it publishes to `denied` does not. */
  | {
      readonly op: "filter";
      readonly subject: string;
      readonly source: string;
      readonly open: string;
      readonly denied: string;
    }
  /** INFO promises exactly this: a field that is false here must be absent or false there. */
  | {
      readonly op: "info";
      readonly promises: Readonly<Record<"auth_required" | "tls_required" | "tls_verify", boolean>>;
    }
  /** The server listens exactly here, on loopback only. */
  | { readonly op: "listeners"; readonly exactly: readonly Listener[] }
  /** The certificates served are exactly those issued: names, usage, key, dates, order. */
  | { readonly op: "chain"; readonly certificate: string }
  /** The TLS version and cipher suite agreed on are those of today. */
  | { readonly op: "cipher" }
  /** Nothing of the login crossed the wire before TLS (dials through the tap). */
  | { readonly op: "nothing-before-tls" }
  /** The server named in `as`'s place does not start, and says why. */
  | { readonly op: "refuses-to-start"; readonly server: string; readonly says: string }
  /**
   * With the JetStream API: `make` makes a stream, `find` finds it, `miss` finds no such stream; `write` makes one and has
   * a message stored in it, `read` finds that message there.
   */
  | {
      readonly op: "stream";
      readonly does: "make" | "find" | "miss" | "write" | "read";
      readonly storage: "file" | "memory";
      readonly subject: string;
    }
  /** The config on disk holds none of the clear secrets. */
  | { readonly op: "only-hashes" }
  /** A fresh client process with the default trust store, with the mode's CA added to it (NODE_EXTRA_CA_CERTS) or not. */
  | { readonly op: "default-trust"; readonly extra: boolean };

export type DriverName = "wire" | "nats.js" | "natscli";

export interface Check<
  Client extends string = string,
  Cert extends string = string,
  Secret extends string = string,
> {
  readonly title: string;
  readonly as: Client;
  /** The one thing in which the client differs from `as`. */
  readonly but?: ClientSpec<Cert, Secret>;
  /** What happens to the mode's servers before it, once all checks without it are over. */
  readonly before?: "restart";
  /** Default: connect. */
  readonly step?: Step;
  readonly expect: "ok" | Refusal;
  /** Default: wire, the judge. Others are second opinions. */
  readonly driver?: DriverName;
  readonly needs?: Capability;
  /** The check that must have passed before a refusal here counts; default: `as` gets in through the same driver. */
  readonly control?: string;
  /** A known deviation of servers that lack a capability: there `got` may be this instead. */
  readonly deviates?: {
    readonly without: Capability;
    readonly got: "ok" | Refusal | Fault;
    readonly because: string;
  };
  /** A remark for the reader of the docs: why an odd outcome is right. */
  readonly note?: string;
}

/** What a driver does today where its documentation says otherwise: recorded, never judged. */
export interface Finding<Client extends string = string> {
  readonly title: string;
  readonly as: Client;
  readonly driver: DriverName;
  readonly but: ClientSpec;
  /** What each outcome means, in one sentence. An outcome that is not listed makes the finding inconclusive. */
  readonly means: Partial<Record<"ok" | Refusal, string>>;
}

// ---- a mode: plain data, so it can be printed, diffed and written in YAML --------------------------------------

export type GroupName =
  | "core"
  | "authentication"
  | "authorization"
  | "encryption"
  | "listeners"
  | "topology"
  | "storage"
  | "faults";

export interface Mode<
  Client extends string = string,
  Cert extends string = string,
  Secret extends string = string,
> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly title: string;
  /** One sentence for `modes`, the report and the docs. */
  readonly why: string;
  readonly groups: readonly GroupName[];
  readonly needs?: Capability;
  /** Its servers keep streams, within these limits. */
  readonly jetstream?: JetStreamLimits;
  /** A subject that `app` may publish to, where it may not publish to any. */
  readonly publishes?: string;
  readonly servers: Readonly<Record<string, ServerRecipe<NoInfer<Cert>, NoInfer<Secret>>>>;
  readonly certificates?: Readonly<Record<Cert, CertificateRecipe>>;
  readonly secrets?: Readonly<Record<Secret, SecretRecipe>>;
  /** Every mode has `app`, the one that gets in. */
  readonly clients: Readonly<Record<Client | "app", ClientSpec<NoInfer<Cert>, NoInfer<Secret>>>>;
  readonly checks: Readonly<Record<string, Check<NoInfer<Client | "app">, NoInfer<Cert>, NoInfer<Secret>>>>;
  readonly findings?: Readonly<Record<string, Finding<NoInfer<Client | "app">>>>;
}

/** Type-checks a mode's references by name; the value is the mode itself. */
export function defineMode<
  const Client extends string,
  const Cert extends string = never,
  const Secret extends string = never,
>(mode: Mode<Client, Cert, Secret>): Mode {
  return mode as unknown as Mode;
}

// ---- resolved: the narrow waist. Checks, snippets, env and fixtures read only this ------------------------------

/** A certificate with its key as PEM text; `chain` is the leaf followed by its intermediates. */
export interface KeyPair {
  readonly chain: string;
  readonly key: string;
}

/** A resolved login: what goes into CONNECT (`user`, `pass`, `auth_token`). */
export interface Login {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/** What a client needs to dial. */
export interface Connection {
  /** `nats://` or `tls://`, host and port; with `loginIn: "url"`, the percent-encoded login too. */
  readonly url: string;
  readonly login?: Login;
  readonly tls?: {
    /** PEM of the CA to trust; absent: the default trust store. */
    readonly ca?: string;
    readonly present?: KeyPair;
    readonly verifyAs?: string;
    readonly maxVersion?: "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
    readonly policy?: "never" | "demand" | "demand-by-option";
  };
  readonly inboxPrefix?: string;
  readonly transport: "nats" | "ws" | "mqtt";
}

export type EngineName = "process" | "docker" | "kubernetes";
