/** Random moments that can be had again: the seed is in the name of each test that uses them. */

/** NATS_SANDBOX_TEST_SEED repeats a run; how fast the machine is remains its own. */
export const SEED = Number(process.env.NATS_SANDBOX_TEST_SEED ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1 that depend on the seed and on `what` they are for, not on who asks first (mulberry32). */
export function randomFor(what: string): () => number {
  let state = [...what].reduce((sum, letter) => Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0), SEED);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
