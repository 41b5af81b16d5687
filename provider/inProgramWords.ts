const CONFIG_COMMAND =
  /pulumi config (set|rm)(?: --secret)?(?: --path)? (?:'([^']+)'|([\w.[\]-]+))(?: (< FILE|'[^']*'|[^\s;,)]+))?/g;

/** A sentence about settings as someone needs it who gives them in a program: there is no `pulumi config` to call. */
export function inProgramWords(sentence: string): string {
  return sentence
    .replace(CONFIG_COMMAND, (_, verb: string, quoted?: string, bare?: string, value?: string) => {
      const path = quoted ?? bare!;
      const to = value === "< FILE" ? "the text of the file" : value;
      return verb === "rm"
        ? `remove ${path}${value === undefined ? "" : ` ${value}`}`
        : `set ${path} to ${to ?? "VALUE"}`;
    })
    .replaceAll("edit the stack's file, Pulumi.STACK.yaml", "correct it in the program");
}
