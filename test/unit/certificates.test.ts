import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { planCertificates } from "../../config/certificates";
import { allMembers, planDeployment } from "../../config/plan";
import { parseDeployment } from "../../config/settings";

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
