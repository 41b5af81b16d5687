import { posix } from "node:path";
import { objects, part, text } from "../read";
import { ALWAYS, CONTAINER, sentence, VOLUME, type ResourceRule } from "./rule";

const SOCKET = /\/(docker|podman|containerd|crio|buildkitd)\.sock$/;
/** Folders of the host that have such a socket in them. */
const HOLDERS = new Set(["/", "/run", "/var", "/var/run", "/run/podman", "/run/containerd", "/var/run/podman"]);

export const noEngineSocket: ResourceRule = {
  name: "no-engine-socket",
  description: "No container can talk to the host's container engine.",
  severities: ALWAYS,
  types: [CONTAINER, VOLUME],
  check: ({ type, name, props }) => {
    const what = type === VOLUME ? `volume ${name}` : `container ${name}`;
    const found = type === VOLUME ? [text(part(props.driverOpts).device)] : mountedFrom(props);
    return found
      .filter((source) => source !== undefined)
      .filter(reachesSocket)
      .map((source) =>
        sentence(
          `${what}: ${source} of the host is mounted, and who can write to the engine's socket owns the host`,
          "named volumes, and folders without such a socket",
          "remove the mount",
        ),
      );
  },
};

function mountedFrom(props: Readonly<Record<string, unknown>>): readonly (string | undefined)[] {
  return [
    ...objects(props.mounts).map(({ source }) => text(source)),
    ...objects(props.volumes).map(({ hostPath }) => text(hostPath)),
  ];
}

function reachesSocket(source: string): boolean {
  const path = posix.normalize(source).replace(/(?<=.)\/$/, "");
  return SOCKET.test(path) || HOLDERS.has(path);
}
