/** Makes the stack if there is none of this name, and leaves its settings file as it was. */
export async function ensureStack(stack: string): Promise<void> {
  const tools = await import("../toolchain/stack.mjs");
  await tools.ensureStack(stack);
}
