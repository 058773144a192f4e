/**
 * Judges a report of `check core --json`: all as promised, and nothing skipped that this server version could do. With
 * the report of another engine as the third argument: every verdict is the same.
 */
import { readFileSync } from "node:fs";

const [file, version, other] = process.argv.slice(2);
const { engine, servers, totals, results, skipped } = JSON.parse(readFileSync(file, "utf8"));
const wrong = [];

if (!servers.every((server) => server.version === version))
  wrong.push(`servers are ${[...new Set(servers.map((server) => server.version))].join(", ")}`);
if (totals.fail + totals.inconclusive + totals.deviates > 0) wrong.push("not everything is as promised");
if (totals.pass !== results.length || results.length < 200) wrong.push(`only ${totals.pass} checks passed`);
for (const { id, mode, reason, missing } of skipped)
  if (missing === undefined || !reason) wrong.push(`skipped: ${id ?? mode} (${reason})`);

/** Another engine comes to the same verdict on everything. */
const verdicts = (all) =>
  all.map(({ id, mode, driver, verdict }) => `${mode} ${id} ${driver} ${verdict}`).sort();
if (other !== undefined) {
  const [mine, theirs] = [results, JSON.parse(readFileSync(other, "utf8")).results].map(verdicts);
  const differing = [
    ...mine.filter((one) => !theirs.includes(one)),
    ...theirs.filter((one) => !mine.includes(one)),
  ];
  for (const one of differing) wrong.push(`another engine says otherwise: ${one}`);
}

console.log(`${engine} engine, nats-server ${version}: ${JSON.stringify(totals)}`);
for (const problem of wrong) console.error(`ci: ${problem}`);
process.exit(wrong.length === 0 ? 0 : 1);
