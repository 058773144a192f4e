/** NATS URLs as the NATS docs define them. */
import type { Login } from "../model.ts";

/** Where a NATS URL points, with its userinfo percent-decoded: `user:password@`, or a lone `token@`. */
export function parseUrl(url: string): {
  host: string;
  port: number;
  tls: boolean;
  login: Login | undefined;
} {
  const { protocol, hostname, port } = new URL(url);
  // Not by URL's own fields: in them `user:@`, an empty password, looks like `user@`, a token.
  const userinfo = /^[a-z]+:\/\/([^@/?#]*)@/i.exec(url)?.[1];
  const [first = "", ...rest] = userinfo?.split(":").map(decodeURIComponent) ?? [];
  const login =
    userinfo === undefined || userinfo === ""
      ? undefined
      : rest.length === 0
        ? { token: first }
        : { user: first, password: rest.join(":") };
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 4222),
    tls: protocol.startsWith("tls"),
    login,
  };
}
