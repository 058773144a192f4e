import { expect, it, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { randomTexts } from "../testing/random-texts.ts";
import { contentsOf, defaultMount, kubernetesSecrets } from "./kubernetes.ts";

const PEM = "-----BEGIN X-----\nabc+/=\n-----END X-----\n";
const POD = { mode: "tls", client: "app", env: {}, contents: {}, mountedAt: defaultMount("tls") };

/** As YAML 1.2 has it, and as 1.1, which is what kubectl reads. */
function documents(text: string) {
  const [one, other] = (["1.1", "1.2"] as const).map((version) =>
    parseAllDocuments(text, { version, strict: true }).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    }),
  );
  expect(one).toEqual(other);
  return one ?? [];
}

test("the environment is one Secret, the files are another", () => {
  const env = { NATS_URL: "tls://h:1", NATS_CA: "/etc/nats/tls/ca.pem" };
  const text = kubernetesSecrets([{ ...POD, env, contents: { "ca.pem": PEM } }]);
  const secret = (name: string, stringData: object) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, labels: { "app.kubernetes.io/managed-by": "nats-sandbox" } },
    type: "Opaque",
    stringData,
  });
  expect(documents(text)).toEqual([secret("nats-tls", env), secret("nats-tls-files", { "ca.pem": PEM })]);
});

it("says how a Pod uses them: what the comment holds is YAML of a Pod", () => {
  const text = kubernetesSecrets([{ ...POD, contents: { "ca.pem": PEM }, mountedAt: "/a dir: #" }]);
  const lines = [...text.matchAll(/^# {3}(.*)$/gm)].map(([, line]) => line).join("\n");
  expect(documents(lines)).toEqual([
    {
      envFrom: [{ secretRef: { name: "nats-tls" } }],
      volumeMounts: [{ name: "nats-tls-files", mountPath: "/a dir: #", readOnly: true }],
      volumes: [{ name: "nats-tls-files", secret: { secretName: "nats-tls-files" } }],
    },
  ]);
});

test("every value is read back as the text that it is", () => {
  const values = [
    "",
    "yes",
    "012",
    "0o7",
    "1:20",
    "~",
    "=",
    "a: b",
    "#",
    "\u007f",
    "\u0085",
    "\u009b",
    "\u2028",
    "\ufeff",
    "\t",
    "é😀",
  ];
  const lines = ["a\nb", "a\nb\n", " a\n", "a\n\n", "a\n b\n", "---\n", "...\n", "a \n"];
  const env = Object.fromEntries(
    [...values, ...lines, ...randomTexts(500)].map((text, i) => [`V${i}`, text]),
  );
  const text = kubernetesSecrets([{ ...POD, env }]);
  expect(documents(text)[0].stringData).toEqual(env);
  expect(text).not.toMatch(/[\u007f-\u009f\u2028\u2029\ufeff]/); // other readers take these for line breaks, or refuse them
});

test("names are such as Kubernetes takes, and tell clients apart", () => {
  const nameOf = (mode: string, client: string) =>
    documents(kubernetesSecrets([{ ...POD, mode, client }]))[0].metadata.name;
  expect(nameOf("tls", "app")).toBe("nats-tls");
  expect(nameOf("permissions", "service")).toBe("nats-permissions-service");
  expect(nameOf("My_Mode_", "a.b")).toBe("nats-my-mode-a-b");
  expect(nameOf("tls", "a_")).toBe("nats-tls-a");
  expect(nameOf("x".repeat(300), "app")).toHaveLength(240);
  expect(nameOf(`${"x".repeat(234)}-y`, "app")).toMatch(/x$/);
});

test("the files are named as they are mounted, and a context of this machine is none of them", () => {
  const files = { ca: "/x/ca.pem", key: "/x/key.pem", context: "/x/context.json" };
  expect(contentsOf(files, (path) => `text of ${path}`)).toEqual({
    "ca.pem": "text of /x/ca.pem",
    "key.pem": "text of /x/key.pem",
  });
});
