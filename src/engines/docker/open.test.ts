/** The address of the engine's machine that its containers reach. */
import { expect, it } from "vitest";
import { gatewayIn } from "./open.ts";

it.each([
  ["named", [{ Subnet: "172.17.0.0/16", Gateway: "172.17.0.254" }], "172.17.0.254"],
  ["the first of its subnet", [{ Subnet: "172.17.0.0/16" }], "172.17.0.1"],
  ["the first of a part of a net", [{ Subnet: "10.1.2.128/25" }], "10.1.2.129"],
  [
    "the IPv4 one of several",
    [{ Subnet: "fd00::/64", Gateway: "fd00::1" }, { Subnet: "172.17.0.0/16" }],
    "172.17.0.1",
  ],
  ["none of IPv6 alone", [{ Subnet: "fd00::/64" }], undefined],
  ["none of nothing", [], undefined],
])("a gateway is %s", (_, pools, gateway) => {
  expect(gatewayIn(pools)).toBe(gateway);
});
