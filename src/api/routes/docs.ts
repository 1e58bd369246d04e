// The OpenAPI description and a page to explore it. All files are served locally.
import { join } from 'node:path';
import { Router } from 'express';
// Importing the package itself would run its browser code.
import getAbsoluteFSPath from 'swagger-ui-dist/absolute-path.js';
import { methods } from '../negotiation.js';
import { description } from '../openapi.js';
import { unknown } from '../route-resource.js';

const PARTS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Slipway API</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css" />
    <link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/page.js"></script>
  </body>
</html>
`;
const SCRIPT = `window.SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
});
`;

export function docsRoutes(): Router {
  const router = Router();
  methods(router, '/openapi.json', { get: [(_req, res) => void res.json(description())] });
  methods(router, '/docs', { get: [(_req, res) => void res.type('html').send(PAGE)] });
  methods(router, '/docs/page.js', { get: [(_req, res) => void res.type('js').send(SCRIPT)] });
  methods(router, '/docs/:part', {
    get: [
      (req, res) => {
        const part = String(req.params.part);
        if (!PARTS.includes(part)) throw unknown(req.originalUrl);
        res.sendFile(join(getAbsoluteFSPath(), part), { maxAge: '1 day' });
      },
    ],
  });
  return router;
}
