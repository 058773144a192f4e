/** The action's last step, whatever became of the job: shows the servers' logs when it failed, and stops everything. */
import { rmSync } from "node:fs";
import { annotate, group, input, state } from "./runner.js";
import { complaintIn, run } from "./tool.js";

/** Of each server, when the job failed. */
const LINES = 50;

async function post() {
  const [dir, name] = [state("dir"), state("name")];
  if (dir === "") return; // nothing was started
  if (state("tool") !== "") {
    const [program = "", ...first] = JSON.parse(state("tool"));
    /** @param {readonly string[]} args @param {boolean} [silent] */
    const tool = (args, silent = false) =>
      run(program, [...first, ...args, "--name", name], {
        env: { NATS_SANDBOX_HOME: state("home") },
        silent,
      });
    if (input("job-status") !== "success" && (await tool(["status"], true)).status < 2)
      await group("nats-server logs, with secrets masked", () => tool(["logs", "--lines", String(LINES)]));
    const down = await tool(["down", "--forget"]);
    if (down.status !== 0) annotate("warning", complaintIn(down));
  }
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

try {
  await post();
} catch (error) {
  annotate("warning", error instanceof Error ? error.message : String(error));
}
