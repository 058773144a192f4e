/** The Docker engine keeps the contract of an engine. */
import { beforeAll, vi } from "vitest";
import { realServer } from "../../testing/cli-room.ts";
import { NO_DOCKER, openDockerLab } from "../../testing/docker-lab.ts";
import { describeEngine } from "../../testing/engine-contract.ts";

vi.setConfig({ testTimeout: 60_000 });
beforeAll(() => realServer());

describeEngine("docker", openDockerLab, NO_DOCKER);
