import type { DeploymentSettings } from "./schema";

/** What stands in `rotations` for the authority that signs the certificates: it is rotated as passwords are. */
export const TLS_AUTHORITY = "tls-authority";

/** How often a user's password, or the authority, was rotated, and whether the one before is still accepted. */
export interface Rotation {
  readonly user: string;
  /** 0 for a password that was never rotated. */
  readonly generation: number;
  /** Whether the password of the generation before is accepted too. */
  readonly overlap: boolean;
}

/** As it stands in the setting `rotations`: `app:2`, or `app:2+previous` while the password before is accepted too. */
export const ROTATION = /^([a-z][a-z0-9_-]{0,29}):([1-9]\d{0,4})(\+previous)?$/;

/** What the setting `rotations` says of a user. */
export function rotationOf({ rotations }: Pick<DeploymentSettings, "rotations">, user: string): Rotation {
  const found = rotations.map(parseRotation).find((rotation) => rotation.user === user);
  return found ?? { user, generation: 0, overlap: false };
}

/** @param text matches {@link ROTATION}. */
export function parseRotation(text: string): Rotation {
  const [, user, generation, previous] = ROTATION.exec(text)!;
  return { user: user!, generation: Number(generation), overlap: previous !== undefined };
}

/** The text of a rotation, for the setting `rotations`. */
export const rotationText = ({ user, generation, overlap }: Rotation): string =>
  `${user}:${generation}${overlap ? "+previous" : ""}`;
