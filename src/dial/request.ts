/** What to dial, and what comes out of it: the same for every driver. */
import type { Connection, DriverName, Login } from "../model.ts";
import type { TapRecord } from "../tap.ts";
import type { TlsContexts } from "../wire/tls-contexts.ts";
import type { Trace } from "../wire/trace.ts";
import type { DialStep } from "./steps.ts";

export interface DialRequest {
  readonly driver: DriverName;
  readonly connection: Connection;
  readonly step: DialStep;
  /** The server's client listener. */
  readonly at: { readonly host: string; readonly port: number };
  /** Connections of the other clients that the step needs. */
  readonly party: (client: string) => Connection;
  readonly second?: Login | undefined;
  /** How long (ms) the whole dial may take. */
  readonly timeout: number;
  /** Shared by the dials of one run. */
  readonly contexts: TlsContexts;
  /** Directory for the files that a driver needs while it dials. */
  readonly scratch: string;
  /** Dial through the tap although the driver is `wire`. */
  readonly tapped?: boolean;
}

export interface Outcome {
  readonly trace: Trace;
  /** What the tap saw; absent where the wire probe dialled directly. */
  readonly tap?: TapRecord;
}
