import { allMembers, endpointText, type DeploymentPlan } from "../config/plan";
import { identityOf, type FoundMember } from "./members";

/** How many members are named; the others are counted. */
const NAMED = 2;

/**
 * What an update changes for those who have read a deployment's outputs before: they hold on to addresses, a name, or a
 * way to speak, that are no more. Pure.
 *
 * @returns a sentence; undefined when what they have read goes on to be true.
 */
export function clientsNotice(plan: DeploymentPlan, found: readonly FoundMember[]): string | undefined {
  const pairs = allMembers(plan).flatMap((member) => {
    const container = found.find(({ name }) => name === member.name);
    return container === undefined ? [] : [{ member, container }];
  });
  if (pairs.length === 0) {
    return undefined;
  }
  const moved = pairs.flatMap(({ member, container }) => {
    const [before, after] = [placeOf(container), `${member.bindAddress}:${member.hostPort}`];
    const inside = [announcedIn(container.identity), endpointText(member.announced)] as const;
    if (before !== undefined && before !== after) {
      return [`${member.name} from ${before} to ${after}`];
    }
    return inside[0] !== undefined && inside[0] !== inside[1]
      ? [`${member.name} from ${inside[0]} to ${inside[1]}`]
      : [];
  });
  const identities = pairs.flatMap(({ member, container: { identity } }) =>
    identity === undefined ? [] : [{ before: partsOf(identity), after: partsOf(identityOf(plan, member)) }],
  );
  const renamed = identities.find(({ before, after }) => before?.masterName !== after?.masterName);
  const encrypted = identities.find(({ before, after }) => before?.tls !== after?.tls);
  const hadSentinels = found.some(({ kind }) => kind === "sentinel");
  const has = plan.sentinels.length > 0;
  const reasons = [
    ...(moved.length > 0 ? [`addresses change (${shortened(moved)})`] : []),
    ...(renamed === undefined
      ? []
      : [`the master's name is ${renamed.after?.masterName} instead of ${renamed.before?.masterName}`]),
    ...(encrypted === undefined
      ? []
      : [
          encrypted.after?.tls
            ? "connections are encrypted, and no others let in"
            : "connections are not encrypted any more",
        ]),
    ...(hadSentinels && !has ? ["there are no Sentinels any more to ask, and nobody fails over by itself"] : []),
    ...(!hadSentinels && has ? ["the Sentinels say who is master from now on"] : []),
  ];
  return reasons.length === 0
    ? undefined
    : `${plan.name}: clients have to read the outputs again, and to connect with them: ${reasons.join("; ")}.`;
}

const placeOf = ({ published }: FoundMember): string | undefined =>
  published === undefined ? undefined : endpointText(published);

const announcedIn = (identity: string | undefined): string | undefined =>
  identity === undefined ? undefined : partsOf(identity)?.announced;

/** What `identityOf` says; undefined for a container of an older program. */
function partsOf(
  identity: string,
): { readonly masterName: string; readonly announced: string; readonly tls: boolean } | undefined {
  const [, masterName, announced, tls] = /^(.*)\/([^/]+), as users( over TLS)?$/.exec(identity) ?? [];
  return masterName === undefined || announced === undefined
    ? undefined
    : { masterName, announced, tls: tls !== undefined };
}

const shortened = (texts: readonly string[]): string =>
  texts.length <= NAMED + 1
    ? texts.join(", ")
    : `${texts.slice(0, NAMED).join(", ")}, and ${texts.length - NAMED} more`;
