import { isUnknown, part, text } from "../read";
import { CONTAINER, FIRST_OF_ALL_IN_PRODUCTION, IN_PRODUCTION, sentence, type ResourceRule } from "./rule";

export const memoryLimit: ResourceRule = {
  name: "memory-limit",
  description: "Every container has a memory limit, swap included.",
  severities: IN_PRODUCTION,
  types: [CONTAINER],
  check: ({ name, props: { memory, memorySwap } }) => {
    const fix =
      "pulumi config set memoryLimitMb 1024 and pulumi config set sentinelMemoryLimitMb 128, or set memory and memorySwap";
    if (isUnknown(memory) || isUnknown(memorySwap)) {
      return [];
    }
    if (typeof memory !== "number" || memory <= 0) {
      return [sentence(`container ${name}: it has no memory limit`, "memory and memorySwap in MiB", fix)];
    }
    return memorySwap === -1
      ? [sentence(`container ${name}: its swap has no limit`, "memorySwap as large as memory", fix)]
      : [];
  },
};

/** Drivers that keep everything on the host until it is full, unless they are told otherwise. */
const KEEPS_ALL = "json-file";

export const logRotation: ResourceRule = {
  name: "log-rotation",
  description: "The logs of containers are rotated.",
  severities: FIRST_OF_ALL_IN_PRODUCTION,
  types: [CONTAINER],
  check: ({ name, props: { logDriver, logOpts } }) =>
    (text(logDriver) ?? KEEPS_ALL) !== KEEPS_ALL ||
    isUnknown(logDriver) ||
    isUnknown(logOpts) ||
    part(logOpts)["max-size"] !== undefined
      ? []
      : [
          sentence(
            `container ${name}: its log grows until the disk is full`,
            "logOpts with max-size and max-file",
            'set logDriver: "json-file" and logOpts: { "max-size": "10m", "max-file": "3" }',
          ),
        ],
};
