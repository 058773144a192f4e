const { connect } = require("@nats-io/transport-node");

const { NATS_SANDBOX_TLS_URL, NATS_SANDBOX_TLS_CA, NATS_SANDBOX_USER_PASS_URL } = process.env;
const { NATS_SANDBOX_USER_PASS_USER, NATS_SANDBOX_USER_PASS_PASSWORD } = process.env;

test("gets in when it trusts the CA", async () => {
  const nc = await connect({ servers: NATS_SANDBOX_TLS_URL, tls: { caFile: NATS_SANDBOX_TLS_CA } });
  await nc.close();
});

test("does not trust the server without", async () => {
  await expect(connect({ servers: NATS_SANDBOX_TLS_URL, tls: {}, reconnect: false })).rejects.toThrow();
});

const login = { servers: NATS_SANDBOX_USER_PASS_URL, user: NATS_SANDBOX_USER_PASS_USER };

test("gets in with the password", async () => {
  const nc = await connect({ ...login, pass: NATS_SANDBOX_USER_PASS_PASSWORD });
  await nc.close();
});

test("is turned away with another one", async () => {
  await expect(connect({ ...login, pass: "wrong", reconnect: false })).rejects.toThrow(
    /authorization violation/i,
  );
});
