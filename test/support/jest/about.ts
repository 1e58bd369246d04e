/** Adds `what` to the failure of a check, for facts that the compared values don't show. The check must be synchronous. */
export function about(what: string, check: () => undefined): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Error) error.stack = `${what}\n${error.stack}`; // Jest shows the stack, which begins with the message
    throw error;
  }
}
