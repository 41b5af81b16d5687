/**
 * What the faults in `test/faults` are made of.
 *
 * A fault is one file, `test/faults/NN-what-happens.test.ts`:
 *
 *     const fault = new Fault("NN-what-happens", "What happens to the group, as a heading");
 *     describe(fault.title, () => {
 *       after(() => fault.report());                          // prints the figures, writes reports/faults/NN-*
 *       it("what must hold", async () => {
 *         const group = await sharedGroup();                  // a real deployment, whole; shared by most faults
 *         for (let round = 0; round < rounds(10, 2); round += 1) {
 *           const record = await fault.round(group, async ({ mark }) => {
 *             const master = await group.master();
 *             mark(`${master.name} killed`);                  // a line in the timeline
 *             await group.kill(master.name);
 *             ...                                             // wait for what the fault is about, with `waitFor`
 *             await group.start(master.name);                 // the round goes on until the group is whole
 *           });
 *           assert.equal(record.lostConfirmed.length, 0);
 *         }
 *       });
 *     });
 *
 * A round runs under load: about 500 plain writes a second and a second client that asks `WAIT 1`, both through clients
 * built from the outputs. It begins with a second of load, and ends when the group is whole, a second later; then every
 * acknowledged key is looked for on every node. Bounds on milliseconds are generous multiples of what was measured,
 * since the machine may be busy; losses are exact. `fault.measured` and `fault.noted` add figures of a fault's own.
 *
 * A fault must have been seen to fail with the protecting behaviour switched off.
 */
export { applicationClient, memberClient, withMember } from "./connect";
export { Fault } from "./fault";
export { longestGap, median, reigns } from "./figures";
export { FaultGroup, STACK } from "./group";
export { complaints } from "./health";
export { Cable, CutOffClient } from "./partition";
export { Load, type Acknowledged } from "./load";
export { RolePoller } from "./roles";
export type { Round, RoundRecord } from "./round";
export { rounds } from "./rounds";
export { sentinelIds } from "./sentinelIds";
export { D, SETTINGS, sharedGroup } from "./shared";
export { SentinelWatch } from "./sentinelWatch";
export { shuffled } from "./shuffled";
export { atMost } from "./slack";
export { WriteProbe } from "./writeProbe";
