/** The files through which the runner of GitHub Actions and a step tell each other values. */

export const FILES = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"] as const;

/** The values in the text of such a file: `name<<END`, the value, `END`; or `name=value`. */
export function valuesIn(text: string): Record<string, string> {
  const long = [...text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name, , value]) => [
    name,
    value,
  ]);
  const short = [...text.matchAll(/^([\w-]+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  return Object.fromEntries([...short, ...long]);
}
