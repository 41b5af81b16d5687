import type { Finding } from "../../checks/report";
import { renderTable, type Column } from "../table";
import { bytesText, durationText } from "../units";
import type { NodeRow, SentinelRow, Status } from "./health";

/** Puts a colour on a text; does nothing where colours are not wanted. */
export type Paint = (colour: "green" | "red" | "yellow" | "dim", text: string) => string;

const NODE_COLUMNS: readonly Column[] = [
  { heading: "NODE" },
  { heading: "ROLE" },
  { heading: "ADDRESS" },
  { heading: "VERSION" },
  { heading: "LINK" },
  { heading: "LAG", numeric: true },
  { heading: "MEMORY", numeric: true },
  { heading: "CLIENTS", numeric: true },
  { heading: "KEYS", numeric: true },
  { heading: "UPTIME", numeric: true },
];

const SENTINEL_COLUMNS: readonly Column[] = [
  { heading: "SENTINEL" },
  { heading: "ADDRESS" },
  { heading: "VERSION" },
  { heading: "MASTER" },
  { heading: "REPLICAS", numeric: true },
  { heading: "PEERS", numeric: true },
  { heading: "QUORUM" },
  { heading: "UPTIME", numeric: true },
];

/** A status for people: the verdict, a table of the nodes, one of the Sentinels, and what to do. */
export function renderStatus(status: Status, paint: Paint): string {
  const parts = [
    paint(status.healthy ? "green" : "red", status.verdict),
    renderTable(
      NODE_COLUMNS,
      status.nodes.map((row) => nodeCells(row, paint)),
    ),
  ];
  if (status.sentinels.length > 0) {
    const peers = status.sentinels.length - 1;
    const replicas = status.nodes.length - 1;
    parts.push(
      renderTable(
        SENTINEL_COLUMNS,
        status.sentinels.map((row) => sentinelCells(row, replicas, peers, paint)),
      ),
    );
  }
  if (status.certificateDaysLeft !== undefined) {
    parts.push(`Certificates: the first ends in ${status.certificateDaysLeft} days.`);
  }
  if (status.warnings.length > 0) {
    parts.push(status.warnings.map((warning) => `${paint("yellow", "!")} ${warning}`).join("\n"));
  }
  if (status.findings.length > 0) {
    parts.push(status.findings.map((finding) => findingText(finding, paint)).join("\n"));
  }
  return parts.join("\n\n");
}

function nodeCells(row: NodeRow, paint: Paint): string[] {
  if (row.error !== undefined) {
    return [row.name, paint("red", "down"), row.address, "-", paint("red", row.error), "-", "-", "-", "-", "-"];
  }
  const isFine = row.role === "master" || row.link === "up";
  return [
    row.name,
    row.role ?? "-",
    row.address,
    row.version ?? "-",
    paint(isFine ? "dim" : "yellow", row.link ?? "-"),
    lagText(row),
    memoryText(row),
    String(row.clients),
    String(row.keys),
    durationText(row.uptimeS ?? 0),
  ];
}

function lagText({ lagBytes, lagS }: NodeRow): string {
  if (lagBytes === undefined) {
    return "-";
  }
  return lagS === undefined ? bytesText(lagBytes) : `${bytesText(lagBytes)}, ${lagS} s`;
}

function memoryText({ usedMemoryBytes = 0, maxmemoryBytes = 0 }: NodeRow): string {
  return maxmemoryBytes === 0
    ? bytesText(usedMemoryBytes)
    : `${bytesText(usedMemoryBytes)} / ${bytesText(maxmemoryBytes)}`;
}

function sentinelCells(row: SentinelRow, replicas: number, peers: number, paint: Paint): string[] {
  if (row.error !== undefined) {
    return [row.name, row.address, "-", paint("red", row.error), "-", "-", paint("red", "down"), "-"];
  }
  return [
    row.name,
    row.address,
    row.version ?? "-",
    row.master ?? paint("yellow", "none"),
    ofExpected(row.replicas ?? 0, replicas, paint),
    ofExpected(row.peers ?? 0, peers, paint),
    row.quorumOk ? "OK" : paint("red", "lost"),
    durationText(row.uptimeS ?? 0),
  ];
}

function ofExpected(seen: number, expected: number, paint: Paint): string {
  const text = `${seen}/${expected}`;
  return seen === expected ? text : paint("yellow", text);
}

function findingText({ subject, seen, remedy }: Finding, paint: Paint): string {
  return `${paint("yellow", "!")} ${subject} ${seen}\n  ${paint("dim", `-> ${remedy}`)}`;
}
