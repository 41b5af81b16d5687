import { pathText } from "../config/places";
import { nearestName } from "../config/problems";
import { parseRotation, ROTATION, rotationText, TLS_AUTHORITY, type Rotation } from "../config/rotations";
import { DEPLOYMENTS_KEY } from "../config/schema";
import { UserError } from "../config/userError";

/** The settings of a stack by name, as `pulumi config --json` has them, without the project's name. */
export type StackConfig = Readonly<Record<string, unknown>>;

/** What to write into a stack's file: `pulumi config set --path PATH VALUE`, in this order. */
export interface ConfigEdit {
  readonly path: string;
  readonly value: string;
}

/** What is to be rotated. */
export interface RotationWish {
  readonly user: string;
  /** Users that there are. */
  readonly users: readonly string[];
  /** Name of the deployment. */
  readonly deployment: string;
  /** End the overlap instead: the password before is no longer accepted. */
  readonly finish: boolean;
  /** Whether clients can have the user's password of this generation: the outputs have it. */
  readonly isDeployed: (generation: number) => boolean;
}

/**
 * The edits that begin or finish a rotation; none for one that was begun and is not deployed yet, which an update brings
 * about. Pure.
 *
 * @throws UserError when there is no such user, or what it has is not generated, or the rotation before is not finished, or there
 *   is none to finish, or what clients use now would be gone.
 */
export function rotationEdits(config: StackConfig, wish: RotationWish): readonly ConfigEdit[] {
  const { user, users, deployment } = wish;
  if (!users.includes(user)) {
    const nearest = nearestName(user, users);
    const hint = nearest === undefined ? `there are ${users.join(", ")}` : `did you mean ${nearest}?`;
    throw new UserError(`There is no user "${user}"; ${hint}`);
  }
  const where = placeOf(config, deployment);
  if (user === "app" && (where.settings.password ?? config.password)) {
    throw new UserError(
      "The password of app is the one in the setting `password`: set another one there, and this one as `previousPassword`, then run `npm run up`",
    );
  }
  if (user === TLS_AUTHORITY && (where.settings.tlsCertificate ?? config.tlsCertificate)) {
    throw new UserError(
      "The certificate is your own, in the setting `tlsCertificate`, and so is its authority: change `tlsAuthorities` and `tlsCertificate` in turn, as docs/operate.md says of a certificate of your own",
    );
  }
  const [own, common] = [rotationsIn(where.settings), rotationsIn(config)];
  const before = own ?? common ?? [];
  const at = before.findIndex((rotation) => rotation.user === user);
  const after = next(before[at] ?? { user, generation: 0, overlap: false }, wish);
  if (after === undefined) {
    return [];
  }
  const index = at === -1 ? before.length : at;
  // A deployment's own list replaces the common one, so it has to have all of it.
  const copied = own === undefined ? before.map((rotation, place) => ({ rotation, place })) : [];
  return [...copied.filter(({ place }) => place !== index), { rotation: after, place: index }]
    .sort((a, b) => a.place - b.place)
    .map(({ rotation, place }) => ({
      path: pathText([...where.path, "rotations", place]),
      value: rotationText(rotation),
    }));
}

/** Where a deployment's settings stand: in a stack with several below a key, which is its name unless it has another. */
function placeOf(config: StackConfig, deployment: string): { path: readonly string[]; settings: StackConfig } {
  const several = Object.entries((config[DEPLOYMENTS_KEY] ?? {}) as Readonly<Record<string, StackConfig>>);
  if (several.length === 0) {
    return { path: [], settings: config };
  }
  const nameOf = ([key, { name }]: (typeof several)[number]) => (typeof name === "string" ? name : key);
  const found = several.find((entry) => nameOf(entry) === deployment);
  if (found === undefined) {
    // Never the common list instead: the other deployments would be rotated too.
    throw new UserError(
      `The stack's file has no deployment "${deployment}"; there are ${several.map(nameOf).join(", ")}`,
    );
  }
  return { path: [DEPLOYMENTS_KEY, found[0]], settings: found[1] };
}

/** Undefined for what is there already. */
function next(rotation: Rotation, { finish, isDeployed }: RotationWish): Rotation | undefined {
  const { user, generation, overlap } = rotation;
  if (finish && !overlap) {
    throw new UserError(`No rotation of ${user} is under way; begin one with: npm run rotate -- ${user}`);
  }
  if (!isDeployed(generation)) {
    if (overlap && !finish) {
      return undefined;
    }
    throw new UserError(
      finish
        ? `The rotation of ${user} is not deployed yet, so no client can have what is new, and all would be locked out; deploy it first: npm run rotate -- ${user}`
        : `What the stack's file says of ${user} is not deployed yet, so no rotation begins; deploy it first: npm run up`,
    );
  }
  if (!finish && overlap) {
    throw new UserError(
      `The last rotation of ${user} is not finished: clients may still use the password before. Finish it first, when none does: npm run rotate -- ${user} --finish`,
    );
  }
  return finish ? { user, generation, overlap: false } : { user, generation: generation + 1, overlap: true };
}

/** Undefined where there is no list. One that cannot be read must not be taken for none: it would begin anew. */
function rotationsIn({ rotations }: StackConfig): readonly Rotation[] | undefined {
  if (rotations === undefined) {
    return undefined;
  }
  if (!Array.isArray(rotations) || !rotations.every((text) => typeof text === "string" && ROTATION.test(text))) {
    throw new UserError(
      "The setting rotations is no list of USER:COUNT in the stack's file, Pulumi.STACK.yaml; put it right there first",
    );
  }
  return rotations.map((text) => parseRotation(String(text)));
}
