/** Removes a container with its volume, whatever state it is in. */
import type { Container } from "dockerode";
import { statusOf } from "./failures.ts";

/** Waits until it is gone. Nothing to do, and no error, when it has gone already or its engine has. */
export async function removeContainer(container: Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined || status === 404) return;
    if (status !== 409) throw error;
    await container.wait({ condition: "removed" }).catch(() => {}); // somebody else is removing it: the engine, mostly
  }
}
