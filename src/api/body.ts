// Reads the body of a request. After a refusal, the rest of the body isn't read, and the connection stays open: a
// client whose connection breaks can't read the response.
import type { Readable } from 'node:stream';
import { SlipwayError } from '../contract/errors.js';

export async function* bodyOf(req: Readable): AsyncGenerator<Buffer> {
  try {
    yield* req.iterator({ destroyOnReturn: false });
  } catch (cause) {
    // The client disconnected during the request.
    throw new SlipwayError('malformed', { text: 'malformed.http', cause });
  }
}
