/** Writes schema/nats-sandbox.schema.json, which editors read, out of the built program. With --check: fails when it is stale. */
import { commit } from "./docs/page.mjs";

const { jsonSchema } = await import(new URL("../dist/config/json-schema.js", import.meta.url));

commit({ "schema/nats-sandbox.schema.json": `${JSON.stringify(jsonSchema(), null, 1)}\n` });
