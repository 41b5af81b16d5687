import { container } from "../engine";

/** Ids, on the engine's host, of a container's processes whose program has this name. */
export async function processIds(name: string, program: string): Promise<readonly number[]> {
  const { Titles, Processes } = (await container(name).top({ ps_args: "-o pid,comm" })) as {
    Titles: readonly string[];
    Processes: readonly (readonly string[])[];
  };
  const [pid, command] = [Titles.indexOf("PID"), Titles.indexOf("COMMAND")];
  return Processes.filter((row) => row[command] === program).map((row) => Number(row[pid]));
}
