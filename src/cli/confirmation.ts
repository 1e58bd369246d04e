// A question before what can't be undone: answered by typing a name, on a terminal alone.
import { createInterface } from 'node:readline/promises';

/** `unasked`: there is nobody to ask. */
export async function isConfirmed(question: string, name: string): Promise<'confirmed' | 'refused' | 'unasked'> {
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY || !output.isTTY) return 'unasked';
  const broken = new AbortController();
  const lines = createInterface({ input, output });
  lines.once('SIGINT', () => broken.abort());
  lines.once('close', () => broken.abort()); // the end of the input is no answer either
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
