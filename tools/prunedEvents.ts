import { parseEvents, type PreviewEvent, type StepMetadata, type StepState } from "../ops/preview/events";
import { changingSteps } from "../ops/preview/steps";

/**
 * What Pulumi printed without what the renderer does not read, most of all the state of the resources; pure.
 *
 * Inputs are kept of the project's own components only: they have no provider that would say what changes. Secrets in
 * them are replaced by a word in what Pulumi prints.
 */
export function prunedEvents(printed: string): readonly unknown[] {
  const { events } = parseEvents(printed);
  const changing = changingSteps(events.flatMap(({ resourcePreEvent: step }) => step?.metadata ?? []));
  return events.flatMap((event): readonly unknown[] => {
    const { resourcePreEvent: step, summaryEvent: summary } = event;
    if (step !== undefined) {
      // Of what stays as it is, only components are read: they are the parents of the rest.
      const isRead = changing.includes(step.metadata) || (step.metadata.op === "same" && isComponent(step.metadata));
      return isRead ? [{ resourcePreEvent: { metadata: prunedStep(step.metadata) } }] : [];
    }
    return summary === undefined ? [event] : [{ summaryEvent: { ...summary, PolicyPacks: packsOf(summary) } }];
  });
}

const isComponent = ({ urn }: StepMetadata): boolean =>
  urn.split("::")[2]!.split("$").at(-1)!.startsWith("redis-on-docker:");

function prunedStep({ old, new: next, ...step }: StepMetadata): unknown {
  const state = (one: StepState | null | undefined) =>
    one && {
      parent: one.parent,
      ...(one.protect ? { protect: true } : {}),
      ...(one.retainOnDelete ? { retainOnDelete: true } : {}),
      ...(isComponent({ ...step }) ? { inputs: one.inputs } : {}),
    };
  return step.op === "same" ? { ...step, new: state(next) } : { ...step, old: state(old), new: state(next) };
}

/** A pack is named with the folder that it lies in. */
const packsOf = ({ PolicyPacks }: NonNullable<PreviewEvent["summaryEvent"]>): unknown =>
  Object.fromEntries(Object.entries(PolicyPacks ?? {}).map(([name, version]) => [name.split("|")[0]!, version]));
