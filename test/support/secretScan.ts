/** Search for secrets where they must not be, in every form in which they may have got there. */

/** A value that must not be readable anywhere, under a name that may be printed. */
export interface NamedSecret {
  readonly name: string;
  readonly value: string;
}

/** A text in which no secret may be; the name completes the sentence "found in ...". */
export interface Place {
  readonly name: string;
  readonly text: string;
}

/** What was found; without the value, since it ends up in a test's output. */
export interface Leak {
  readonly secret: string;
  readonly encoding: string;
  readonly place: string;
}

/** Below it a value is a word such as a host's name, which is found in many a text by chance. */
const SHORTEST_SECRET = 16;

/** How Pulumi marks a secret in a stack's state. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Types of resources that make secrets: what they mark as secret is one, even where the state has it in plain, too. */
const GENERATORS = /^(random|tls):/;

/** The resource that has the stack's outputs. */
const STACK = "pulumi:pulumi:Stack";

/** Every leak of every secret; none is the wish. */
export function findLeaks(secrets: readonly NamedSecret[], places: readonly Place[]): readonly Leak[] {
  return secrets.flatMap(({ name, value }) => {
    const forms = [...encodingsOf(value)];
    return places.flatMap((place) =>
      forms
        .filter(([form]) => place.text.includes(form))
        .map(([, encoding]) => ({ secret: name, encoding, place: place.name })),
    );
  });
}

/** A sentence for a failed test. */
export const leakText = ({ secret, encoding, place }: Leak): string => `${secret}, ${encoding}, found in ${place}`;

/**
 * What to search for, with the name of each form.
 *
 * In base64 a byte's letters depend on where it stands in its group of three, and those at both ends on its neighbours,
 * too: so there are three forms, each without the ends.
 */
export function encodingsOf(value: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const forms: (readonly [string, string])[] = [
    [value, "plain"],
    [JSON.stringify(value).slice(1, -1), "as JSON"],
    [encodeURIComponent(value), "URL-encoded"],
    [new URLSearchParams({ "": value }).toString().slice(1), "form-encoded"],
    [hex.replace(/../g, "%$&"), "URL-encoded throughout"],
    [hex.toUpperCase().replace(/../g, "%$&"), "URL-encoded throughout"],
    [hex, "in hex"],
    [hex.toUpperCase(), "in hex"],
    ...[0, 1, 2].flatMap((offset) => {
      const middle = base64Middle(bytes, offset);
      const urlSafe = middle.replaceAll("+", "-").replaceAll("/", "_");
      return [
        [middle, `in base64 at offset ${offset}`] as const,
        [urlSafe, `in base64url at offset ${offset}`] as const,
      ];
    }),
  ];
  // The first name of a form counts: letters and digits are the same in plain and URL-encoded.
  return new Map(forms.toReversed());
}

/** The letters that depend on nothing but the bytes, where `offset` others stand before them in their group. */
function base64Middle(bytes: Buffer, offset: number): string {
  const all = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((all.length * 8) / 6);
  return all.toString("base64").slice(first, end);
}

interface Leaf {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
  readonly isGenerated: boolean;
  /** Whether secrets are taken from there. */
  readonly isSource: boolean;
}

/**
 * The secrets of a stack, each value once: what was generated, and what the stack's outputs have. Other resources are
 * made from these; a container's files are marked as a whole, with their names and with all that is no secret in them.
 *
 * A list or an object that holds one secret is secret as a whole, and so are the facts beside it. Those are told from
 * secrets by standing elsewhere in the state by themselves and not as a secret.
 *
 * @param exported what `pulumi stack export --show-secrets` prints, parsed.
 */
export function secretsOfState(exported: unknown): readonly NamedSecret[] {
  const leaves = resourcesOf(exported).flatMap((resource) => [...leavesOfResource(resource)]);
  const facts = new Set(leaves.filter(({ isSecret }) => !isSecret).map(({ value }) => value));
  const secrets = leaves
    .filter(({ isSource, isSecret, value }) => isSource && isSecret && value.length >= SHORTEST_SECRET)
    .filter(({ isGenerated, value }) => isGenerated || !facts.has(value));
  // The name where it was made says most.
  const generatedLast = secrets.toSorted((one, other) => Number(one.isGenerated) - Number(other.isGenerated));
  const names = new Map(generatedLast.map(({ name, value }) => [value, name]));
  return [...names].map(([value, name]) => ({ name, value }));
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

function resourcesOf(exported: unknown): readonly Fields[] {
  const deployment = isObject(exported) && isObject(exported.deployment) ? exported.deployment : {};
  if (!Array.isArray(deployment.resources)) {
    throw new Error("this is not a stack's state");
  }
  return deployment.resources.filter(isObject);
}

function* leavesOfResource(resource: Fields): Generator<Leaf> {
  const type = String(resource.type);
  const name = `${String(resource.urn).split("::").at(-1)} (${type})`;
  for (const side of ["inputs", "outputs"]) {
    for (const leaf of leavesOf(resource[side], side, false)) {
      const isGenerated = leaf.isSecret && GENERATORS.test(type);
      yield { ...leaf, name: `${leaf.path} of ${name}`, isGenerated, isSource: isGenerated || type === STACK };
    }
  }
}

interface FoundLeaf {
  readonly path: string;
  readonly value: string;
  readonly isSecret: boolean;
}

function* leavesOf(value: unknown, path: string, isSecret: boolean): Generator<FoundLeaf> {
  if (typeof value === "string") {
    yield { path, value, isSecret };
  } else if (isObject(value) && value[SIGNATURE] === SECRET_SIGNATURE) {
    if (typeof value.plaintext !== "string") {
      throw new Error("the state was exported without --show-secrets");
    }
    yield* leavesOf(JSON.parse(value.plaintext), path, true);
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      yield* leavesOf(each, `${path}.${key}`, isSecret);
    }
  }
}
