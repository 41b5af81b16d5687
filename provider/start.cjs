// Where Pulumi starts the package. JavaScript, because Pulumi's own way of reading TypeScript checks the types of every
// file at each run, which takes longer than all the rest.

require("tsx/cjs");
require("../startup.ts");
require("./index.ts");
