/** What every place has in common that a nats-server can be fetched from. */

/** All in milliseconds. */
export interface Limits {
  /** To connect to a host. */
  readonly connect: number;
  /** Without a byte of progress. */
  readonly stall: number;
  /** For one run of a package manager, a compiler apart. */
  readonly program: number;
  /** For a fetch with all its sources. */
  readonly whole: number;
}

export const LIMITS: Limits = { connect: 3_000, stall: 15_000, program: 120_000, whole: 600_000 };

/** What to fetch, and under which conditions. */
export interface FetchRequest {
  /** `2.15.1`. */
  readonly version: string;
  /** Nobody asked for just this version, so a source that has only another one may give that. */
  readonly anyVersion: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

export interface SourceRequest extends FetchRequest {
  /** An empty directory for whatever the source needs; removed afterwards. */
  readonly directory: string;
}

export interface Fetched {
  /** The binary, inside the directory of the request; not yet tried. */
  readonly file: string;
  /** What the source says that it is. */
  readonly version: string;
  /** For people: who built it. */
  readonly origin: string;
}

export interface Source {
  /** For people. */
  readonly title: (request: FetchRequest) => string;
  /** Rejects with an Error whose message is the reason, in one line, or with the signal's reason. */
  readonly get: (request: SourceRequest) => Promise<Fetched>;
}
