// The bytes of a request as they come. A refused body is left unread and its connection open: a caller whose connection
// breaks never reads the answer.
import type { Readable } from 'node:stream';
import { SlipwayError } from '../contract/errors.js';

export async function* bodyOf(req: Readable): AsyncGenerator<Buffer> {
  try {
    yield* req.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new SlipwayError('malformed', { text: 'malformed.http', cause }); // the caller went away in its middle
  }
}
