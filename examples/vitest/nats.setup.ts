import { natsSetup } from "nats-sandbox/vitest/global-setup";

export default natsSetup(["user-pass"]);
