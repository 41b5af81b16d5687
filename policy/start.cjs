// Where Pulumi starts the pack. JavaScript, because Pulumi's own way of reading TypeScript checks the types of every
// file at each run, which takes longer than all the rest; the program does the same (startup.ts).

require("tsx/cjs");
require("./index.ts");
