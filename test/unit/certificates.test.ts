import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, it } from "mocha";
import { Certificates } from "../../components/certificates";
import { planCertificates, type MemberTls } from "../../config/certificates";
import { allMembers, planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { makeCertificate } from "../support/makeCertificate";
import { PRIVATE_KEY, registeredBy, type Registered } from "./components.support";

const hosts = [1, 2, 3].map((at) => ({ name: `h${at}`, endpoint: `tcp://10.0.0.${at}:2375`, address: `10.0.0.${at}` }));

describe("the plan of the certificates", () => {
  it("has one for every member, for each name and address under which somebody reaches it, and none twice", () => {
    const settings = fc.record({
      replicas: fc.integer({ min: 0, max: 20 }),
      sentinels: fc.integer({ min: 1, max: 15 }),
      topology: fc.constantFrom("sentinel" as const, "replication" as const),
      network: fc.constantFrom("bridge" as const, "host" as const),
      bindAddress: fc.constantFrom("127.0.0.1", "0.0.0.0", "192.0.2.1"),
      hosts: fc.constantFrom([], hosts.slice(0, 1), hosts),
    });
    fc.assert(
      fc.property(settings, (given) => {
        const plan = planDeployment(parseDeployment(given), "unix:///engine");
        const certificates = planCertificates(plan);
        const members = allMembers(plan);
        assert.deepEqual(
          certificates.map(({ member }) => member),
          members.map(({ name }) => name),
        );
        certificates.forEach(({ commonName, dnsNames, ipAddresses }, index) => {
          const { name, announced, reached } = members[index]!;
          assert.equal(commonName, name);
          assert.deepEqual(dnsNames, [name, "localhost"]);
          assert.deepEqual(new Set(ipAddresses), new Set([announced.host, reached.host, "127.0.0.1"]));
          assert.equal(ipAddresses.length, new Set(ipAddresses).size);
        });
      }),
    );
  });

  it("is not changed by a member more", () => {
    const certificates = (replicas: number) =>
      planCertificates(planDeployment(parseDeployment({ replicas }), "unix:///engine"));
    const before = certificates(1);
    const after = certificates(2);
    before.forEach((certificate) => {
      assert.deepEqual(
        after.find(({ member }) => member === certificate.member),
        certificate,
      );
    });
  });
});

const CA_KEY = "redis-tls-authority-0-key";

interface Seen {
  readonly all: readonly Registered[];
  readonly authorities: string;
  readonly isAuthoritiesSecret: boolean;
  readonly members: Readonly<Record<string, MemberTls>>;
  readonly areMembersSecret: boolean;
  readonly client: MemberTls | undefined;
}

/** The certificates of a deployment of one replica and one Sentinel. */
async function certificatesOf(overrides: DeploymentOverrides = {}): Promise<Seen> {
  let made: Certificates | undefined;
  const names: string[] = [];
  const all = await registeredBy({ tls: true, replicas: 1, sentinels: 1, ...overrides }, (plan) => {
    made = new Certificates(`${plan.name}-certificates`, { plan });
    names.push(...allMembers(plan).map(({ name }) => name));
    return [made.all];
  });
  const certificates = made!;
  const { members, client } = await valueOf(certificates.all);
  return {
    all,
    authorities: await valueOf(certificates.authorities),
    isAuthoritiesSecret: await pulumi.isSecret(certificates.authorities),
    members,
    areMembersSecret: await pulumi.isSecret(certificates.all),
    client,
  };
}

const valueOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));
const named = (all: readonly Registered[], name: string) =>
  (all.find((resource) => resource.name === name) ?? assert.fail(`no ${name}`)).inputs;
/** A secret comes wrapped. */
const plain = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "value" in value ? value.value : value;

describe("the certificates", () => {
  it("are an authority's and one of each member, which it signs for the members' names and addresses", async () => {
    const { all } = await certificatesOf({ subnet: "172.30.28.0/24", tlsValidityDays: 90, tlsRenewDays: 10 });
    const members = ["redis-master", "redis-replica-1", "redis-sentinel-1"];
    assert.deepEqual(
      all
        .filter(({ type }) => type.startsWith("tls:"))
        .map(({ name }) => name)
        .sort(),
      [
        "redis-tls-authority-0",
        CA_KEY,
        ...members.flatMap((name) => ["certificate", "key", "request"].map((part) => `${name}-tls-${part}`)),
      ].sort(),
    );
    const { isCaCertificate, allowedUses, validityPeriodHours } = named(all, "redis-tls-authority-0");
    assert.deepEqual([isCaCertificate, validityPeriodHours], [true, 7300 * 24]);
    assert.deepEqual(allowedUses, ["cert_signing", "crl_signing", "digital_signature"]);
    const request = named(all, "redis-replica-1-tls-request");
    assert.deepEqual(request.subject, { commonName: "redis-replica-1" });
    assert.deepEqual(request.dnsNames, ["redis-replica-1", "localhost"]);
    assert.deepEqual(request.ipAddresses, ["172.30.28.12", "127.0.0.1"]);
    assert.equal(plain(request.privateKeyPem), `${PRIVATE_KEY} redis-replica-1-tls-key\n`);
    const certificate = named(all, "redis-replica-1-tls-certificate");
    assert.deepEqual([certificate.validityPeriodHours, certificate.earlyRenewalHours], [90 * 24, 10 * 24]);
    assert.equal(plain(certificate.caPrivateKeyPem), `${PRIVATE_KEY} ${CA_KEY}\n`);
    assert.deepEqual(certificate.allowedUses, ["digital_signature", "key_encipherment", "server_auth", "client_auth"]);
  });

  it("reach each member with its own key, as secrets; the authorities are none", async () => {
    const { authorities, isAuthoritiesSecret, members, areMembersSecret } = await certificatesOf();
    assert.match(authorities, /^authority \w+\n$/);
    assert.deepEqual([isAuthoritiesSecret, areMembersSecret], [false, true]);
    for (const [name, member] of Object.entries(members)) {
      assert.equal(member.authorities, authorities);
      assert.match(member.certificate, /^certificate \w+\n$/);
      assert.equal(member.key, `${PRIVATE_KEY} ${name}-tls-key\n`);
    }
    assert.equal(new Set(Object.values(members).map(({ certificate }) => certificate)).size, 3);
  });

  it("have a client's key as PKCS#8, which Java reads, too", async () => {
    const { client } = await certificatesOf({ tlsClientCertificates: "required" });
    assert.equal(client?.key, `${PRIVATE_KEY} redis-client-tls-key as PKCS#8\n`);
    assert.equal((await certificatesOf()).client, undefined);
  });

  it("have private keys in secret inputs only", async () => {
    const { all } = await certificatesOf();
    const open = all.flatMap(({ name, inputs }) =>
      Object.entries(inputs)
        .filter(([, value]) => plain(value) === value && JSON.stringify(value).includes(PRIVATE_KEY))
        .map(([input]) => `${name}.${input}`),
    );
    assert.deepEqual(open, []);
  });

  it("are all signed anew by the next authority, without another private key of a member", async () => {
    const [before, after] = [await certificatesOf(), await certificatesOf({ rotations: ["tls-authority:1"] })];
    assert.deepEqual(
      after.all.map(({ name }) => name).filter((name) => name.includes("authority")),
      ["redis-tls-authority-1-key", "redis-tls-authority-1"],
    );
    for (const [name, { certificate, key }] of Object.entries(after.members)) {
      assert.notEqual(certificate, before.members[name]!.certificate);
      assert.equal(key, before.members[name]!.key);
    }
  });

  it("are trusted of two authorities while these overlap, and signed by the older one, which clients know already", async () => {
    const [before, after] = [await certificatesOf(), await certificatesOf({ rotations: ["tls-authority:1"] })];
    const between = await certificatesOf({ rotations: ["tls-authority:1+previous"] });
    assert.equal(between.authorities, after.authorities + before.authorities);
    assert.equal(between.members["redis-master"]!.certificate, before.members["redis-master"]!.certificate);
  });

  it("are the user's own, if there are any, and then none is made", async () => {
    const authority = makeCertificate({ name: "an authority", authority: true });
    const { certificate, key } = makeCertificate({
      name: "redis",
      by: authority,
      dnsNames: ["redis-master", "redis-replica-1", "redis-sentinel-1"],
      ipAddresses: ["127.0.0.1", "172.30.28.11", "172.30.28.12", "172.30.28.101"],
    });
    const seen = await certificatesOf({
      subnet: "172.30.28.0/24",
      tlsAuthorities: authority.certificate,
      tlsCertificate: certificate,
      tlsKey: key,
    });
    assert.deepEqual(
      seen.all.map(({ type }) => type),
      ["redis-on-docker:index:Certificates"],
    );
    assert.doesNotMatch(JSON.stringify(seen.all), /PRIVATE KEY/);
    assert.deepEqual(seen.members["redis-replica-1"], { authorities: authority.certificate, certificate, key });
    assert.deepEqual([seen.isAuthoritiesSecret, seen.areMembersSecret], [false, true]);
  });
});
