import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { portLines } from "../../config/render/tlsConf";

describe("where a server listens", () => {
  it("is a plain port without TLS, and nothing of TLS is said", () => {
    assert.deepEqual(portLines(6379, { tls: false, tlsClientCertificates: "required" }), ["port 6379"]);
  });

  it("is a TLS port alone with TLS, for replication too", () => {
    assert.deepEqual(portLines(6379, { tls: true, tlsClientCertificates: "no" }), [
      "port 0",
      "tls-port 6379",
      "tls-replication yes",
      "tls-auth-clients no",
      'tls-protocols "TLSv1.2 TLSv1.3"',
    ]);
  });

  it("asks clients for a certificate as the settings say", () => {
    for (const [tlsClientCertificates, word] of [
      ["no", "no"],
      ["optional", "optional"],
      ["required", "yes"],
    ] as const) {
      const lines = portLines(1, { tls: true, tlsClientCertificates });
      assert.deepEqual(
        lines.filter((line) => line.startsWith("tls-auth-clients")),
        [`tls-auth-clients ${word}`],
      );
    }
  });
});
