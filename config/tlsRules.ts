import type { X509Certificate } from "node:crypto";
import { planCertificates } from "./certificates";
import { certificatesIn, privateKeyIn } from "./pem";
import { allMembers, planDeployment } from "./plan";
import { pathAt, setAt, WHOLE_STACK, type Place } from "./places";
import type { Problem } from "./problems";
import type { DeploymentSettings, SettingName } from "./schema";

/** The user's own certificate takes all three. */
const OWN = ["tlsAuthorities", "tlsCertificate", "tlsKey"] as const satisfies readonly SettingName[];

const fromFile = (place: Place, name: (typeof OWN)[number]): string => setAt(place, [name], "< FILE");

/** Extended key usages: that a server, and that a client, may show the certificate. */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** Certificates between a member's and an authority's; more is no chain that anybody has. */
const LONGEST_CHAIN = 10;

/** What is wrong with the settings of TLS. Private keys are looked at and never shown. */
export function tlsProblems(settings: DeploymentSettings, place = WHOLE_STACK, now = new Date()): Problem[] {
  const { tlsRenewDays, tlsValidityDays } = settings;
  const lifetime =
    tlsRenewDays < tlsValidityDays
      ? []
      : [
          {
            path: pathAt(place, ["tlsRenewDays"]),
            reason: `is ${tlsRenewDays}, not below tlsValidityDays (${tlsValidityDays}), so every up would renew every certificate; allowed: 1 to ${tlsValidityDays - 1}; fix: ${setAt(place, ["tlsRenewDays"], String(Math.max(1, Math.min(30, Math.floor(tlsValidityDays / 3)))))}`,
          },
        ];
  return [...lifetime, ...ownProblems(settings, place, now)];
}

/** What of TLS has no effect and is probably not meant. */
export function tlsWarnings(settings: DeploymentSettings, place: Place): string[] {
  const { name, tls } = settings;
  const own = OWN.filter((setting) => settings[setting] !== "");
  return !tls && own.length > 0
    ? [`${name}: ${own.join(", ")} without tls: no connection is encrypted (${setAt(place, ["tls"], "true")}).`]
    : [];
}

function ownProblems(settings: DeploymentSettings, place: Place, now: Date): Problem[] {
  const missing = OWN.filter((name) => settings[name] === "");
  if (missing.length === OWN.length) {
    return [];
  }
  if (missing.length > 0) {
    const given = OWN.filter((name) => !missing.includes(name)).join(" and ");
    return missing.map((name) => ({
      path: pathAt(place, [name]),
      reason: `is missing beside ${given}; allowed: ${OWN.join(", ")} together, or none of them; fix: ${fromFile(place, name)}`,
    }));
  }
  const authorities = certificatesIn(settings.tlsAuthorities);
  const chain = certificatesIn(settings.tlsCertificate);
  const key = privateKeyIn(settings.tlsKey);
  if (authorities === undefined || chain === undefined || key === undefined) {
    const read = { tlsAuthorities: authorities, tlsCertificate: chain, tlsKey: key };
    return OWN.filter((name) => read[name] === undefined).map((name) => ({
      path: pathAt(place, [name]),
      reason: `cannot be read; allowed: ${name === "tlsKey" ? "a private key in PEM, without a passphrase" : "whole certificates in PEM, and nothing else"}; fix: ${fromFile(place, name)}`,
    }));
  }
  const [certificate] = chain;
  const keyProblem = certificate.checkPrivateKey(key)
    ? []
    : [
        {
          path: pathAt(place, ["tlsKey"]),
          reason: `belongs to another certificate than tlsCertificate; allowed: the key of the first one in it; fix: ${fromFile(place, "tlsKey")}`,
        },
      ];
  const wrong = [
    lifetimeProblem(place, certificate, now),
    usageProblem(settings, place, certificate),
    namesProblem(settings, place, certificate),
    trustProblem(place, chain, authorities, now),
  ].flatMap((reason) => (reason === undefined ? [] : [{ path: pathAt(place, ["tlsCertificate"]), reason }]));
  return [...keyProblem, ...wrong];
}

function lifetimeProblem(place: Place, certificate: X509Certificate, now: Date): string | undefined {
  return isValidAt(certificate, now)
    ? undefined
    : `is valid from ${certificate.validFrom} to ${certificate.validTo} only; allowed: a certificate that is valid now; fix: ${fromFile(place, "tlsCertificate")}`;
}

/** Members are servers to all, and clients of each other. */
function usageProblem(settings: DeploymentSettings, place: Place, certificate: X509Certificate): string | undefined {
  // Of the type that Node declares, it is undefined where the certificate limits nothing.
  const usages = certificate.keyUsage as readonly string[] | undefined;
  const needed = [
    ["server", SERVER_AUTH],
    ...(settings.tlsClientCertificates === "no" ? [] : [["client", CLIENT_AUTH]]),
  ] as const;
  const refused = needed.filter(([, usage]) => usages !== undefined && !usages.includes(usage)).map(([who]) => who);
  return refused.length === 0
    ? undefined
    : `may not be shown by a ${refused.join(" or a ")} (extended key usage); allowed: the usage serverAuth, and clientAuth unless tlsClientCertificates is no; fix: ${fromFile(place, "tlsCertificate")}`;
}

/** One certificate is shown by all members, so it has the names and addresses of all. */
function namesProblem(settings: DeploymentSettings, place: Place, certificate: X509Certificate): string | undefined {
  const plan = planDeployment(settings, "the engine");
  const names = planCertificates(plan).map(({ member }) => member);
  const addresses = new Set(allMembers(plan).flatMap(({ announced, reached }) => [announced.host, reached.host]));
  const missing = [
    ...names.filter((name) => certificate.checkHost(name, { subject: "never" }) === undefined),
    ...[...addresses].filter((address) => certificate.checkIP(address) === undefined),
  ];
  return missing.length === 0
    ? undefined
    : `is not for ${missing.join(", ")}; allowed: a certificate with the names and addresses of all members as subject alternative names; fix: ${fromFile(place, "tlsCertificate")}`;
}

function trustProblem(
  place: Place,
  [certificate, ...between]: readonly [X509Certificate, ...X509Certificate[]],
  authorities: readonly X509Certificate[],
  now: Date,
): string | undefined {
  const trusted = authorities.filter((authority) => isValidAt(authority, now));
  let last = certificate;
  for (let step = 0; step <= LONGEST_CHAIN; step++) {
    const signed = (issuer: X509Certificate): boolean => last.checkIssued(issuer) && last.verify(issuer.publicKey);
    if (trusted.some(signed)) {
      return undefined;
    }
    const issuer = between.find(signed);
    if (issuer === undefined) {
      break;
    }
    last = issuer;
  }
  return `leads to no authority in tlsAuthorities that is valid now, so no member would trust another; allowed: the certificate and those between it and the authority; fix: ${fromFile(place, "tlsCertificate")}`;
}

const isValidAt = ({ validFrom, validTo }: X509Certificate, now: Date): boolean =>
  Date.parse(validFrom) <= now.getTime() && now.getTime() < Date.parse(validTo);
