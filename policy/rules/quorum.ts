import { PACKAGE } from "../../components/args";
import { majorityOf } from "../../config/plan";
import { list, part } from "../read";
import { FIRST_OF_ALL_IN_PRODUCTION, sentence, type ResourceRule } from "./rule";

/** Fewer cannot lose one and still have a majority. */
const FEWEST_IN_PRODUCTION = 3;

export const soundQuorum: ResourceRule = {
  name: "sound-quorum",
  description: "The Sentinels are an odd number, three or more in production, and a majority of them decides.",
  severities: FIRST_OF_ALL_IN_PRODUCTION,
  types: [`${PACKAGE}:index:GroupSettings`],
  check: ({ name, props }, { production }) => {
    if (props.topology !== "sentinel") {
      return [];
    }
    const sentinels = list(props.sentinels).length;
    const quorum = Number(part(props.sentinel).quorum);
    const majority = majorityOf(sentinels);
    const violations: string[] = [];
    if (!(quorum >= majority && quorum <= sentinels)) {
      violations.push(
        sentence(
          `group ${name}: ${quorum} of ${sentinels} Sentinels decide that the master is down`,
          `a majority, ${majority} to ${sentinels}`,
          "pulumi config set quorum 0, which is a majority",
        ),
      );
    }
    if (sentinels % 2 === 0) {
      violations.push(
        sentence(
          `group ${name}: ${sentinels} Sentinels survive no more failures than ${sentinels - 1} would`,
          "an odd number",
          `pulumi config set sentinels ${sentinels + 1}`,
        ),
      );
    }
    if (production && sentinels < FEWEST_IN_PRODUCTION) {
      violations.push(
        sentence(
          `group ${name}: with ${sentinels} of them the loss of one Sentinel ends automatic failover`,
          `${FEWEST_IN_PRODUCTION} or more`,
          `pulumi config set sentinels ${FEWEST_IN_PRODUCTION}`,
        ),
      );
    }
    return violations;
  },
};
