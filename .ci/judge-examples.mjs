/** What each example in the help of nats-sandbox must do when it is run, in an order that makes sense. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HOME = ".nats-sandbox";

const json = (judge) => (ran) => judge(JSON.parse(ran.stdout));
const says = (pattern) => (ran) => pattern.test(ran.stdout);
const files = (...paths) => paths.every(existsSync);
const READY = /Ctrl-C stops everything/;
const ofApp = (name) => join(HOME, "default", "tls-verify", "clients", "app", name);
export const row = (mode) => new RegExp(`✔ ${mode} +(nats|tls)://localhost:\\d+ +(\\d+)/\\2 `);
const version = (wanted) => async (ran, shell) => {
  const { stdout } = await shell(`'${ran.stdout.trim()}' --version`);
  return stdout.includes(`v${wanted}`);
};

/**
 * Examples that need nothing that is up, in this order. `good` gets what was seen (status, stdout, stderr), a function
 * that runs another command line, and what `before` returned before. `interrupt`: ended with SIGINT when it says this.
 */
export const ALONE = {
  "nats-sandbox server fetch 2.10.26": { good: version("2.10.26") },
  "nats-sandbox server path --server 2.10.26": { good: version("2.10.26") },
  "nats-sandbox server list --json": {
    good: json(({ servers }) => servers.some((one) => one.version === "2.10.26" && existsSync(one.path))),
  },
  "nats-sandbox server list": { good: says(/2\.10\.26/) },
  "nats-sandbox modes --json": {
    good: json(
      ({ modes }) => modes.length >= 9 && modes.every(({ checks }) => Object.keys(checks).length > 0),
    ),
  },
  "nats-sandbox doctor --json": { good: json(({ ok, items }) => ok === true && items.length > 5) },
  "nats-sandbox passwd --random": {
    good: says(/^pass: [A-Za-z0-9]{20,}\nbcrypt hash: \$2a\$11\$[./A-Za-z0-9]{53}\n$/),
  },
  "nats-sandbox completion bash": {
    good: async (ran, shell) => {
      writeFileSync("completion.sh", ran.stdout);
      const loaded = await shell("bash -c '. ./completion.sh && complete -p nats-sandbox'");
      return loaded.status === 0 && loaded.stdout.includes("nats-sandbox");
    },
  },
  "nats-sandbox check --report html --report junit=r.xml": {
    good: () => {
      const page = readFileSync("nats-sandbox-report.html", "utf8");
      const [, tests] = /<testsuites [^>]*tests="(\d+)"/.exec(readFileSync("r.xml", "utf8")) ?? [];
      return page.includes("checks are as promised") && Number(tests) > 200;
    },
  },
  "nats-sandbox exec tls-verify -- npm test": { good: says(/^tested tls:\/\/localhost:\d+ with key\.pem$/m) },
  // npx itself ends of the signal that it gets with the group, or calls it 130; how the program ends, the next one tells.
  "npx nats-sandbox up": {
    interrupt: READY,
    status: [0, 130, "SIGINT"],
    good: (ran) => row("open").test(ran.stdout) && row("tls-verify").test(ran.stdout),
  },
  "nats-sandbox up tls-verify user-pass": {
    interrupt: READY,
    good: (ran) => row("user-pass").test(ran.stdout) && row("tls-verify").test(ran.stdout),
  },
};

export const MODES = ["user-pass", "permissions", "tls", "tls-verify"];

/** Examples that show or change what is up, in this order. */
export const WHILE_UP = {
  "nats-sandbox status --json": {
    good: json(({ modes }) => {
      const ready = modes.filter(({ state }) => state === "ready").map(({ mode }) => mode);
      return String(ready) === String(MODES);
    }),
  },
  "nats-sandbox logs tls-verify -f": {
    interrupt: /\[INF\] Server is ready/,
    status: [130],
    good: says(/^tls-verify +\| .*Listening for client connections/m),
  },
  "nats-sandbox env tls-verify --format dotenv": {
    good: (ran) =>
      /^NATS_URL=tls:\/\/localhost:\d+\nNATS_CA=(.*)\n/.test(ran.stdout) && files(ofApp("ca.pem")),
  },
  "nats-sandbox connect tls-verify --lang cli": {
    good: says(
      /^nats (.|\n)*--server tls:\/\/localhost:\d+ (.|\n)*--tlscert \S+\/cert\.pem (.|\n)*pub hello/,
    ),
  },
  "nats-sandbox config tls-verify": { good: says(/^ {2}verify: true {2}# sec:verify$/m) },
  "nats-sandbox certs list tls-verify": {
    good: says(/^tls-verify\n(.|\n)*CN=nats-sandbox CA(.|\n)*CN=app$/m),
  },
  "nats-sandbox certs list": { good: says(/^tls\n(.|\n)*^tls-verify\n/m) },
  "nats-sandbox certs inspect tls --server": { good: says(/^ {2}names +localhost, 127\.0\.0\.1, ::1$/m) },
  "nats-sandbox certs export tls --format pem --out ./pki": {
    good: (ran) =>
      ran.stdout.trim() === join(process.cwd(), "pki/ca.pem") && String(readdirSync("pki")) === "ca.pem",
  },
  "nats-sandbox certs renew tls-verify": {
    before: () => readFileSync(ofApp("cert.pem"), "utf8"),
    good: (ran, _, old) => /tls-verify/.test(ran.stderr) && readFileSync(ofApp("cert.pem"), "utf8") !== old,
  },
  "nats-sandbox restart tls-verify": { good: says(/✔ tls-verify +tls:\/\/localhost:\d+ /) },
  "nats-sandbox down --all": { good: (ran) => /default is stopped/.test(ran.stdout + ran.stderr) },
};

/** Examples that leave a file which changes what the others do. */
export const LAST = {
  "nats-sandbox init && nats-sandbox check": {
    good: (ran) => existsSync("nats-sandbox.yaml") && /^\d+ modes?, \d+ checks passed in /m.test(ran.stdout),
  },
};
