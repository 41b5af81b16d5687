import { healthCheck, restartPolicy } from "./availability";
import { dataKept } from "./data";
import { noEngineSocket } from "./engineSocket";
import { noGeneratedKeyInEnvironment, noGeneratedPasswordInEnvironment, noSecretInEnvironment } from "./environment";
import { imageById, imageDigest } from "./image";
import { logRotation, memoryLimit } from "./limits";
import { hostNetwork, publishedPorts } from "./network";
import {
  capabilitiesDropped,
  noAddedCapabilities,
  noHostNamespaces,
  noNewPrivileges,
  nonRootUser,
  notPrivileged,
} from "./privileges";
import { soundQuorum } from "./quorum";
import type { ResourceRule, StackRule } from "./rule";

/** Every rule about single resources. */
export const resourceRules: readonly ResourceRule[] = [
  publishedPorts,
  hostNetwork,
  notPrivileged,
  noEngineSocket,
  noHostNamespaces,
  noAddedCapabilities,
  capabilitiesDropped,
  noNewPrivileges,
  nonRootUser,
  noSecretInEnvironment,
  memoryLimit,
  logRotation,
  imageById,
  imageDigest,
  dataKept,
  soundQuorum,
  restartPolicy,
  healthCheck,
];

/** Every rule about a stack as a whole. */
export const stackRules: readonly StackRule[] = [noGeneratedPasswordInEnvironment, noGeneratedKeyInEnvironment];
