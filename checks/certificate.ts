import type { X509Certificate } from "node:crypto";
import { TLSSocket } from "node:tls";
import type { Redis } from "ioredis";
import type { GroupView } from "./view";
import type { Verdict } from "./verdict";

/** A certificate that a member showed. */
export interface ShownCertificate {
  /** Whole days until it ends; negative once it has. */
  readonly daysLeft: number;
  /** Whether it is time to renew it. */
  readonly due: boolean;
}

const DAY_MS = 86_400_000;
/** Days left from which on a certificate is due; of one that lives less than 90 days, a third of its life. */
const DUE_DAYS = 30;

/** Of each connection: asked a second time, Node.js 20 knows nothing of it any more. */
const seen = new WeakMap<TLSSocket, X509Certificate>();

/** The certificate that the server at the other end of a client's connection showed; undefined without TLS. */
export function shownCertificate({ stream }: Redis, now = Date.now()): ShownCertificate | undefined {
  if (!(stream instanceof TLSSocket)) {
    return undefined;
  }
  const shown = seen.get(stream) ?? stream.getPeerX509Certificate();
  if (shown !== undefined) {
    seen.set(stream, shown);
  }
  return shown === undefined ? undefined : certificateAt(Date.parse(shown.validFrom), Date.parse(shown.validTo), now);
}

/** Pure; all times in milliseconds since 1970. */
export function certificateAt(from: number, to: number, now: number): ShownCertificate {
  const [life, left] = [(to - from) / DAY_MS, (to - now) / DAY_MS];
  return { daysLeft: Math.floor(left), due: left <= Math.min(DUE_DAYS, life / 3) };
}

/** One line for each member that showed a certificate. An ended one cannot be shown: no client accepts it. */
export function judgeCertificates(view: GroupView): readonly Verdict[] {
  return shownIn(view).map(({ name, daysLeft }) => ({
    subject: name,
    check: "certificate",
    expected: "a certificate of the authority in the outputs, for the member's address",
    detail: `${daysText(daysLeft)} left`,
    deviations: [],
  }));
}

/** What will be wrong if nobody does anything; pure. */
export function certificateWarnings(view: GroupView): readonly string[] {
  return shownIn(view)
    .filter(({ due }) => due)
    .map(
      ({ name, daysLeft }) =>
        `the certificate of ${name} has ${daysText(daysLeft)} left; \`npm run up\` renews it once fewer than tlsRenewDays are left, and one of your own when tlsCertificate and tlsKey are set to a new one`,
    );
}

/** Fewest days left among the members' certificates; undefined without TLS. */
export function fewestDaysLeft(view: GroupView): number | undefined {
  const days = shownIn(view).map(({ daysLeft }) => daysLeft);
  return days.length === 0 ? undefined : Math.min(...days);
}

const shownIn = ({ nodes, sentinels }: GroupView) =>
  [...nodes, ...sentinels].flatMap(({ member: { name }, certificate }) =>
    certificate === undefined ? [] : [{ name, ...certificate }],
  );

const daysText = (days: number): string => (days === 1 ? "1 day" : `${days} days`);
