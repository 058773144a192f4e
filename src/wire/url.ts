/** NATS URLs as the NATS docs define them. */
import type { Login } from "../model.ts";

/** Where a NATS URL points, with its userinfo percent-decoded: `user:password@`, or a lone `token@`. */
export function parseUrl(url: string): {
  host: string;
  port: number;
  tls: boolean;
  login: Login | undefined;
} {
  const { protocol, hostname, port, username, password } = new URL(url);
  const user = decodeURIComponent(username);
  const login =
    username === ""
      ? undefined
      : password === ""
        ? { token: user }
        : { user, password: decodeURIComponent(password) };
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 4222),
    tls: protocol.startsWith("tls"),
    login,
  };
}
