// Reads the history of a workflow from Temporal's HTTP API, page by page, because a history can be 50 MB.
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { SlipwayError } from '../../contract/errors.js';
import { unknown } from '../route-resource.js';
import type { HttpApi } from './http-api.js';

const pageSchema = z.looseObject({
  history: z.looseObject({ events: z.array(z.unknown()).optional() }).optional(),
  nextPageToken: z.string().optional(),
});

/** `path` names the workflow, `run` its run. Throws `not_found` if there is none. */
export async function* historyPages(
  http: HttpApi,
  path: string,
  run: string,
  signal: AbortSignal,
): AsyncGenerator<unknown[], undefined> {
  let token: string | undefined;
  do {
    const query = new URLSearchParams({ 'execution.runId': run, ...(token !== undefined && { nextPageToken: token }) });
    const answer = await http.send('GET', `${path}?${query.toString()}`, undefined, signal);
    if (answer.statusCode === 404) throw unknown(run);
    if (answer.statusCode !== 200) throw new SlipwayError('temporal_unavailable', { text: 'temporal_unavailable.ui' });
    const page = pageSchema.parse(await json(answer));
    yield page.history?.events ?? [];
    token = page.nextPageToken;
  } while (token !== undefined && token !== '');
}

/** Formats the events of all pages as one JSON array. */
export async function* asArray(
  first: IteratorResult<unknown[], undefined>,
  rest: AsyncGenerator<unknown[], undefined>,
): AsyncGenerator<string> {
  let separator = '[';
  for (let page = first; page.done !== true; page = await rest.next()) {
    for (const event of page.value) {
      yield `${separator}${JSON.stringify(event)}`;
      separator = ',\n';
    }
  }
  yield separator === '[' ? '[]' : ']';
}
