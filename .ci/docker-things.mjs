/** Prints what a Docker engine has, one thing a line: containers, volumes, networks. Fails when none answers. */
import { connectDocker } from "../dist/engines/docker/connect.js";

const { docker } = await connectDocker(process.env);
const [containers, { Volumes }, networks] = await Promise.all([
  docker.listContainers({ all: true }),
  docker.listVolumes(),
  docker.listNetworks(),
]);
console.log(
  [
    ...containers.map(({ Names, State }) => `container ${Names.join(" ")} ${State}`),
    ...Volumes.map(({ Name }) => `volume ${Name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ]
    .sort()
    .join("\n"),
);
