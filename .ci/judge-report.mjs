/** Judges a report of `check core --json`: all as promised, and nothing skipped that this server version could do. */
import { readFileSync } from "node:fs";

const [file, version] = process.argv.slice(2);
const { servers, totals, results, skipped } = JSON.parse(readFileSync(file, "utf8"));
const wrong = [];

if (!servers.every((server) => server.version === version))
  wrong.push(`servers are ${[...new Set(servers.map((server) => server.version))].join(", ")}`);
if (totals.fail + totals.inconclusive + totals.deviates > 0) wrong.push("not everything is as promised");
if (totals.pass !== results.length || results.length < 200) wrong.push(`only ${totals.pass} checks passed`);
for (const { id, mode, reason, missing } of skipped)
  if (missing === undefined || !reason) wrong.push(`skipped: ${id ?? mode} (${reason})`);

console.log(`nats-server ${version}: ${JSON.stringify(totals)}`);
for (const problem of wrong) console.error(`ci: ${problem}`);
process.exit(wrong.length === 0 ? 0 : 1);
