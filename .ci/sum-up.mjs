/**
 * Prints what a run came to out of vitest's JSON report: which tests passed only the second time, and as the last line
 * `N passed, N failed, N skipped`.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
  readFileSync(process.argv[2], "utf8"),
);
for (const { name, assertionResults } of testResults)
  for (const { status, fullName, failureMessages } of assertionResults)
    if (status === "passed" && failureMessages.length > 0)
      console.log(
        `passed only the second time: ${relative(process.cwd(), name)}: ${fullName}\n  ${failureMessages[0].split("\n")[0]}`,
      );
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
);
console.log(
  `${numPassedTests} passed, ${numFailedTests + brokenFiles.length} failed, ${numPendingTests} skipped`,
);
