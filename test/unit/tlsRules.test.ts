import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Problem } from "../../config/problems";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment, parseStackSettings } from "../../config/settings";
import { tlsProblems } from "../../config/tlsRules";
import { makeCertificate, type Made, type Wanted } from "../support/makeCertificate";

const DAY_MS = 86_400_000;
const YESTERDAY = new Date(Date.now() - DAY_MS);

const authority = makeCertificate({ name: "an authority", authority: true });
/** One replica and one Sentinel. */
const small: DeploymentOverrides = { tls: true, replicas: 1, sentinels: 1, subnet: "172.30.28.0/24" };
const names: Omit<Wanted, "name"> = {
  dnsNames: ["redis-master", "redis-replica-1", "redis-sentinel-1"],
  ipAddresses: ["127.0.0.1", "172.30.28.11", "172.30.28.12", "172.30.28.101"],
};
const signed = (changes: Partial<Wanted> = {}): Made =>
  makeCertificate({ name: "redis", by: authority, ...names, ...changes });

const own = ({ certificate, key }: Made, changes: DeploymentOverrides = {}): DeploymentOverrides => ({
  ...small,
  tlsAuthorities: authority.certificate,
  tlsCertificate: certificate,
  tlsKey: key,
  ...changes,
});

/** The problems of settings that the schema accepts. */
function problemsOf(overrides: DeploymentOverrides): readonly Problem[] {
  return tlsProblems({ ...parseDeployment({}), ...overrides });
}

describe("rules of TLS", () => {
  it("accept an authority of the deployment's own", () => {
    assert.deepEqual(parseStackSettings({ tls: true }).warnings, []);
  });

  it("accept a certificate of one's own, also over others between it and the authority", () => {
    assert.deepEqual(problemsOf(own(signed())), []);
    const [lower, lowest] = ["lower", "lowest"].reduce<Made[]>(
      (made, name) => [...made, makeCertificate({ name, authority: true, by: made.at(-1) ?? authority })],
      [],
    );
    const made = signed({ by: lowest! });
    const tlsCertificate = made.certificate + lower!.certificate + lowest!.certificate;
    assert.deepEqual(problemsOf(own(made, { tlsCertificate })), []);
    assert.deepEqual(
      problemsOf(own(made)).map(({ path, reason }) => [path, reason.slice(0, 12)]),
      [["tlsCertificate", "leads to no "]],
    );
  });

  it("accept one of several authorities, and one for servers alone where no client shows one", () => {
    const another = makeCertificate({ name: "another", authority: true });
    assert.deepEqual(problemsOf(own(signed(), { tlsAuthorities: another.certificate + authority.certificate })), []);
    assert.deepEqual(problemsOf(own(signed({ usages: ["server"] }))), []);
  });

  const made = signed();
  const cases: readonly [what: string, settings: DeploymentOverrides, path: string, reason: RegExp][] = [
    [
      "certificates that are always due",
      { tlsValidityDays: 20, tlsRenewDays: 20 },
      "tlsRenewDays",
      /^is 20, not below tlsValidityDays \(20\).*allowed: 1 to 19; fix: pulumi config set tlsRenewDays 6$/,
    ],
    [
      "a certificate without its key",
      own(made, { tlsKey: "" }),
      "tlsKey",
      /^is missing beside tlsAuthorities and tlsCertificate; .*fix: pulumi config set --secret tlsKey < FILE$/,
    ],
    ["half a certificate", own(made, { tlsCertificate: made.certificate.slice(0, 300) }), "tlsCertificate", /be read/],
    [
      "a certificate that is none",
      own(made, { tlsCertificate: made.certificate.replace(/M/, "A") }),
      "tlsCertificate",
      /be read/,
    ],
    [
      "half an authority after a whole one",
      own(made, { tlsAuthorities: authority.certificate + made.certificate.slice(0, 99) }),
      "tlsAuthorities",
      /be read/,
    ],
    [
      "a key that is none",
      own(made, { tlsKey: made.key.replace(/M/, "A") }),
      "tlsKey",
      /cannot be read; .*without a passphrase/,
    ],
    ["another key", own(made, { tlsKey: authority.key }), "tlsKey", /^belongs to another certificate/],
    [
      "a certificate that has ended",
      own(signed({ from: new Date(Date.now() - 2 * DAY_MS), to: YESTERDAY })),
      "tlsCertificate",
      /^is valid from .* to .* only; allowed: .* valid now/,
    ],
    [
      "a certificate for some members only",
      own(made, { replicas: 2 }),
      "tlsCertificate",
      /^is not for redis-replica-2, 172\.30\.28\.13; /,
    ],
    [
      "a certificate of another authority",
      own(makeCertificate({ name: "redis", ...names })),
      "tlsCertificate",
      /^leads to no authority in tlsAuthorities/,
    ],
    [
      "a certificate for clients alone",
      own(signed({ usages: ["client"] })),
      "tlsCertificate",
      /^may not be shown by a server \(/,
    ],
    [
      "one for servers alone where clients show theirs",
      own(signed({ usages: ["server"] }), { tlsClientCertificates: "required" }),
      "tlsCertificate",
      /^may not be shown by a client \(/,
    ],
  ];
  for (const [what, settings, path, reason] of cases) {
    it(`refuse ${what}`, () => {
      const problems = problemsOf(settings);
      assert.deepEqual(
        problems.map((problem) => problem.path),
        [path],
        JSON.stringify(problems),
      );
      assert.match(problems[0]!.reason, reason);
      assert.match(problems[0]!.reason, /; allowed: .+; fix: pulumi config set /);
      assert.doesNotMatch(problems[0]!.reason, /PRIVATE KEY/);
    });
  }

  /** What ran as code where a file of variables was read by a shell. */
  const COMMENT = '# Acme "Root" CA, costs $5 `touch canary` \\, Főtanúsítvány\n=======\n';

  it("leave the comments of a bundle out, wherever they stand", () => {
    const another = makeCertificate({ name: "another", authority: true });
    const commented = (...parts: readonly string[]) => parts.map((part) => `${COMMENT}${part}${COMMENT}`).join("\n");
    const { tlsAuthorities, tlsCertificate, tlsKey } = parseDeployment(
      own(made, {
        tlsAuthorities: commented(another.certificate, authority.certificate),
        tlsCertificate: commented(made.certificate),
        tlsKey: commented(made.key),
      }),
    );
    const withoutEnds = (pem: string) => pem.replace(/\n+/g, "\n");
    assert.equal(withoutEnds(tlsAuthorities), withoutEnds(another.certificate + authority.certificate));
    assert.deepEqual([tlsCertificate, tlsKey], [made.certificate, made.key]);
  });

  it("leave what has no comment as it is, so that nothing of it is changed in what runs", () => {
    const tlsAuthorities = `${authority.certificate}\n\n${authority.certificate.replaceAll("\n", "\r\n")}\t`;
    assert.equal(parseDeployment(own(made, { tlsAuthorities })).tlsAuthorities, tlsAuthorities);
  });

  it("take no text but base64 for a certificate or a key, between its lines or around them", () => {
    const withHeader = (pem: string) => pem.replace(/-----\n/, "-----\nComment: $(touch canary)\n\n");
    for (const [settings, path] of [
      [{ tlsAuthorities: withHeader(authority.certificate) }, "tlsAuthorities"],
      [{ tlsAuthorities: authority.certificate + COMMENT }, "tlsAuthorities"],
      [{ tlsCertificate: made.certificate + made.key }, "tlsCertificate"],
      [{ tlsKey: withHeader(made.key) }, "tlsKey"],
      [{ tlsKey: made.key + COMMENT }, "tlsKey"],
    ] as const) {
      const problems = problemsOf(own(made, settings));
      assert.deepEqual(
        problems.map((problem) => [problem.path, problem.reason.slice(0, 14)]),
        [[path, "cannot be read"]],
      );
    }
  });

  it("warn of a certificate that nothing uses", () => {
    const { certificate, key } = made;
    const unused = {
      ...small,
      tls: false,
      tlsAuthorities: authority.certificate,
      tlsCertificate: certificate,
      tlsKey: key,
    };
    assert.match(parseStackSettings(unused).warnings.join(), /tlsKey without tls: .*\(pulumi config set tls true\)/);
  });
});
