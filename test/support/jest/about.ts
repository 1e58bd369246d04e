/** Puts `what` before the failure of a check: what the compared values don't show. The check may not wait for anything. */
export function about(what: string, check: () => undefined): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Error) error.stack = `${what}\n${error.stack}`; // Jest shows the stack, which begins with the message
    throw error;
  }
}
