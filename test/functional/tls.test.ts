import assert from "node:assert/strict";
import { connect as connectPlain } from "node:net";
import { connect, type ConnectionOptions, type SecureVersion } from "node:tls";
import { openObserver } from "../../checks/observe";
import { buildContract } from "../../outputs/buildContract";
import { renderSecrets } from "../../config/render/secrets";
import type { GroupTls } from "../../config/secrets";
import { certificatesFor, makeAuthority } from "../support/certificates";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";

const SETTINGS = { tls: true, replicas: 2, sentinels: 3 } as const;

/** How a handshake with a member ends: the protocol, or the error's code. */
function handshake(member: MemberProcess, options: ConnectionOptions): Promise<string> {
  const { host, port } = member.plan.announced;
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5000, ...options });
    const end = (how: string) => {
      socket.destroy();
      resolve(how);
    };
    // With TLS 1.3 a refused client certificate is told only after the client thinks that it is in.
    socket.once("secureConnect", () => {
      socket.write("PING\r\n");
      socket.once("data", () => end(socket.getProtocol() ?? "?"));
    });
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.once("close", () => end("closed"));
    socket.once("timeout", () => end("timeout"));
  });
}

/** What a member says to somebody who does not speak TLS. */
function plainAnswer(member: MemberProcess): Promise<string> {
  const { host, port } = member.plan.announced;
  return new Promise((resolve) => {
    let answer = "";
    const socket = connectPlain({ host, port, timeout: 5000 }, () => socket.write("PING\r\n"));
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("timeout", () => socket.destroy());
    socket.on("close", () => resolve(answer));
  });
}

/** Serial number or fingerprint of what a member shows. */
function shownBy(member: MemberProcess): Promise<string> {
  const { host, port } = member.plan.announced;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!.fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

async function step(group: Group, tls: GroupTls, words: "accept" | "use"): Promise<void> {
  await Promise.all(
    group.members.map(async (member) => {
      const secrets = renderSecrets(group.plan, member.plan, { passwords: group.passwords, tls });
      if (words === "accept") {
        member.bringSecrets(secrets);
      }
      const { code, output } = await member.run("secrets", words, secrets.term);
      assert.equal(code, 0, `${member.name}: ${output}`);
    }),
  );
}

/** As `up` does it: Sentinels that have to are restarted one by one. */
async function changeOver(group: Group, tls: GroupTls): Promise<readonly string[]> {
  await step(group, tls, "accept");
  const restarted: string[] = [];
  for (const sentinel of group.sentinels) {
    const { term } = renderSecrets(group.plan, sentinel.plan, { passwords: group.passwords, tls });
    const { output } = await sentinel.run("secrets", "shows", term);
    if (output === "another certificate") {
      await sentinel.stop();
      sentinel.start();
      restarted.push(sentinel.name);
      await waitFor(`${sentinel.name} to have its quorum`, async () =>
        String(await sentinel.command("SENTINEL", "CKQUORUM", "mymaster")).startsWith("OK"),
      );
    }
  }
  await step(group, tls, "use");
  return restarted;
}

describe("TLS", function () {
  this.timeout(90_000);

  for (const tools of ["system", "busybox"] as const) {
    it(`is spoken between all parties, and nothing else is (${tools} tools)`, () =>
      withGroup({ settings: SETTINGS, tools }, async (group) => {
        const master = await group.up();
        const { ca } = group.clientTls.tls as { ca: string };
        for (const member of group.members) {
          assert.doesNotMatch(await plainAnswer(member), /PONG|NOAUTH|ERR/, `${member.name} answers in plain text`);
          for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
            const only = { ca, minVersion: version, maxVersion: version };
            assert.equal(await handshake(member, only), version, member.name);
          }
          // OpenSSL itself refuses the old ones, unless it is told that security does not matter.
          for (const version of ["TLSv1", "TLSv1.1"] satisfies SecureVersion[]) {
            const old = { ca, minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" } as const;
            assert.match(await handshake(member, old), /PROTOCOL_VERSION|ALERT|ECONNRESET|closed/, member.name);
          }
          const stranger = makeAuthority("somebody else").certificate;
          assert.match(await handshake(member, { ca: stranger }), /SELF_SIGNED|UNABLE_TO|LEAF_SIGNATURE/, member.name);
          assert.equal((await member.run("health")).code, 0, member.name);
        }
        const observer = openObserver(buildContract(group.plan, group.secrets));
        for (let look = 0; look < 2; look += 1) {
          const { nodes, sentinels } = await observer.look();
          for (const { member, certificate } of [...nodes, ...sentinels]) {
            assert.deepEqual(certificate, { daysLeft: 89, due: false }, `${member.name} at look ${look}`);
          }
        }
        observer.close();
        const client = group.masterClient();
        await waitFor("a write through the Sentinels", () => client.set("kept", "yes"));
        await client.wait(2, 1000);
        await master.kill();
        const next = await group.settled(30_000);
        assert.equal(await next.command("GET", "kept"), "yes");
        client.disconnect();
        const { output } = await group.sentinels[0]!.run("probe");
        assert.match(output, new RegExp(`^ok ${next.address.replace(":", " ")}$`));
      }));
  }

  it("asks clients for a certificate where the settings say so, and members have one", () =>
    withGroup({ settings: { ...SETTINGS, tlsClientCertificates: "required" } }, async (group) => {
      await group.up();
      const { ca, ...shown } = group.clientTls.tls as { ca: string; cert: string; key: string };
      const strangers = makeAuthority("somebody else");
      for (const member of group.members) {
        assert.doesNotMatch(await handshake(member, { ca }), /^TLSv/, `${member.name} without a certificate`);
        const strange = { ca, cert: strangers.certificate, key: strangers.key };
        assert.doesNotMatch(await handshake(member, strange), /^TLSv/, `${member.name} with a stranger's`);
        assert.match(await handshake(member, { ca, ...shown }), /^TLSv/, member.name);
      }
    }));

  it("is waited for by members whose volumes have the secrets of before it, and then spoken", () =>
    withGroup({ settings: { ...SETTINGS, replicas: 1, sentinels: 1 } }, async (group) => {
      const { passwords } = group.secrets;
      for (const member of group.members) {
        member.loseSecrets();
        member.putSecrets(renderSecrets(group.plan, member.plan, { passwords }));
      }
      group.start();
      for (const member of group.members) {
        await member.logged(/waits for its secrets/);
        assert.equal((await member.run("health")).code, 1, member.name);
      }
      for (const member of group.members) {
        const secrets = renderSecrets(group.plan, member.plan, group.secrets);
        member.bringSecrets(secrets);
        const { code, output } = await member.run("secrets", "accept", secrets.term);
        assert.equal(code, 0, output);
      }
      await group.settled();
      for (const member of group.members) {
        assert.equal((await member.run("health")).code, 0, member.name);
      }
    }));

  it("certificates are renewed in a running group: data nodes go on, Sentinels start again one by one", () =>
    withGroup({ settings: SETTINGS }, async (group) => {
      await group.up();
      const [before, pids] = [
        await Promise.all(group.members.map(shownBy)),
        group.nodes.map((node) => node.serverPid()),
      ];
      const authority = makeAuthority("the same");
      const first = certificatesFor(group.plan, [authority]);
      const client = group.nodes[0]!.client();
      await client.ping();
      // Another authority, first beside the one of before: who trusts only that one still gets in.
      const old = group.secrets.tls!;
      const both: GroupTls = { ...old, authorities: first.authorities + old.authorities };
      const overlap: GroupTls = {
        ...both,
        members: Object.fromEntries(
          Object.entries(old.members).map(([name, own]) => [name, { ...own, authorities: both.authorities }]),
        ),
      };
      await changeOver(group, overlap);
      assert.deepEqual(await Promise.all(group.members.map(shownBy)), before, "the overlap changes no certificate");
      group.trust(overlap);
      const restarted = await changeOver(group, first);
      assert.deepEqual(
        restarted,
        group.sentinels.map(({ name }) => name),
      );
      const after = await Promise.all(group.members.map(shownBy));
      assert.ok(
        after.every((fingerprint) => !before.includes(fingerprint)),
        "some still show the old certificate",
      );
      assert.equal(await client.ping(), "PONG", "an open connection was dropped");
      client.disconnect();
      group.trust(first);
      await group.settled();
      // Renewed by the same authority.
      const renewed = certificatesFor(group.plan, [authority]);
      await changeOver(group, renewed);
      assert.ok((await Promise.all(group.members.map(shownBy))).every((fingerprint) => !after.includes(fingerprint)));
      assert.deepEqual(
        group.nodes.map((node) => node.serverPid()),
        pids,
      );
      assert.deepEqual(await changeOver(group, renewed), [], "restarted for nothing");
      const master = await group.settled();
      await master.stop();
      assert.notEqual((await group.settled()).name, master.name);
    }));
});
