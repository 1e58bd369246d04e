// Asks for confirmation of an irreversible action. The user must type a name in a terminal.
import { createInterface } from 'node:readline/promises';

/** `unasked`: there is no terminal. */
export async function isConfirmed(question: string, name: string): Promise<'confirmed' | 'refused' | 'unasked'> {
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY || !output.isTTY) return 'unasked';
  const broken = new AbortController();
  const lines = createInterface({ input, output });
  lines.once('SIGINT', () => broken.abort());
  lines.once('close', () => broken.abort()); // the end of the input isn't a confirmation
  try {
    const answer = await lines.question(`${question} `, { signal: broken.signal });
    return answer.trim() === name ? 'confirmed' : 'refused';
  } catch (error) {
    if (!broken.signal.aborted) throw error;
    output.write('\n');
    return 'refused';
  } finally {
    lines.close();
  }
}
