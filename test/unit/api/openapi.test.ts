import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApp } from '../../../src/api/server.js';
import { description } from '../../../src/api/openapi.js';
import { OPERATIONS } from '../../../src/contract/operations.js';
import { clientTypes, DESCRIPTION_FILE, descriptionText, TYPES_FILE } from '../../../scripts/description.js';
import { startApi, type TestApi } from '../../support/api.js';
import { about } from '../../support/jest/about.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  handle?: { stack?: Layer[] };
}
/** Every route that the app has, as `get /api/services/:name`. */
function routesOf(stack: Layer[], prefix = ''): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (!route) return handle?.stack ? routesOf(handle.stack, prefix) : [];
    const names = Object.keys(route.methods).filter((method) => method !== '_all' && route.methods[method]);
    return names.map((method) => `${method} ${route.path}`);
  });
}

describe('the OpenAPI description', () => {
  it('the OpenAPI description contains exactly the routes of the API', () => {
    const { router } = createApp(api.deps) as unknown as { router: { stack: Layer[] } };
    const routes = routesOf(router.stack).filter((route) => !/^get \/(docs\/.*|temporal.*|render)?$/.test(route)); // pages, their parts, and the way to them
    const told = OPERATIONS.map(({ method, path }) => `${method} ${path.replace(/^\/api(?=\/)/, '')}`);
    expect(told.sort()).toEqual(routes.sort());
  });

  it('each operation has a valid example for each of its responses, and lists the statuses of its errors', () => {
    const ids = OPERATIONS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, answers, who, path } of OPERATIONS) {
      for (const answer of Object.values(answers)) {
        if (answer === 'nothing') continue;
        const example = 'text' in answer ? answer.example : answer.meta()?.['example'];
        about(id, () => {
          expect(example).toBeDefined();
        });
        if (!('text' in answer))
          about(id, () => {
            expect(() => answer.parse(example)).not.toThrow();
          });
      }
      const responses = description().paths?.[path.replace(/:(\w+)/g, '{$1}')] as Record<string, { responses: object }>;
      const [{ responses: told }] = Object.values(responses) as [{ responses: object }];
      if (who !== 'anybody') expect(Object.keys(told)).toEqual(expect.arrayContaining(['401', '403']));
      if (path.startsWith('/api')) expect(Object.keys(told)).toEqual(expect.arrayContaining(['429', '503']));
    }
  });

  it('the served OpenAPI description is the same as the committed file and as the output of the generator', async () => {
    const { status, body } = await api.call('/api/openapi.json', { headers: { Authorization: '' } });
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(readFileSync(DESCRIPTION_FILE, 'utf8')));
    expect(readFileSync(DESCRIPTION_FILE, 'utf8')).toBe(descriptionText());
  });

  it('the committed client types are the same as the generated types', async () => {
    expect(readFileSync(TYPES_FILE, 'utf8')).toBe(await clientTypes());
  });
});

describe('the documentation page of the API', () => {
  it('the documentation page loads only files of the API itself, and all of these files exist', async () => {
    const page = await fetch(`${api.url}/api/docs`);
    expect(page.headers.get('Content-Type')).toContain('text/html');
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(parts).toHaveLength(4);
    for (const part of parts) expect([part, (await fetch(api.url + part)).status]).toEqual([part, 200]);
    expect((await fetch(`${api.url}/api/docs/..%2fpackage.json`)).status).toBe(404);
  });

  it('the root URL redirects to the documentation page', async () => {
    expect((await fetch(api.url)).url).toBe(`${api.url}/api/docs`);
  });
});
