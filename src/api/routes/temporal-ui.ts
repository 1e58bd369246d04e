// Serves Temporal's Web UI under a path of Slipway: its files, and a proxy for its API calls with a session.
import { isIP } from 'node:net';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { SlipwayError } from '../../contract/errors.js';
import { checkAgain, mayDo } from '../auth.js';
import { bodyOf } from '../body.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../errors.js';
import { onceClosed } from '../once-closed.js';
import { unknown } from '../route-resource.js';
import { openUiArchive, type UiArchive } from '../temporal-ui/archive.js';
import { asArray, historyPages } from '../temporal-ui/history.js';
import { loginPage, UI_PATH, uiPage, type Page } from '../temporal-ui/page.js';

/** The Web UI shows workflow notes in a frame with this absolute path, wherever the Web UI is served. */
const NOTE_PATH = '/render';
/** The maximum size of Temporal's gRPC messages. */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;
/** The maximum number of files sent at the same time. A browser requests six. */
const MOST_FILES = 64;
/** The time after which a stalled client is disconnected. */
const STALLED_MS = 30_000;
/** For files whose names change with their content. */
const FOREVER = 'public, max-age=31536000, immutable';
const UNCHANGING = '_app/immutable/';

export function temporalUiRoutes(deps: ApiDeps): Router {
  const { temporalHttp, temporalUiArchive: archivePath } = deps;
  const router = Router();
  let opening: Promise<UiArchive> | undefined;
  let index: Page | undefined;
  let filesUnderWay = 0;
  const login = loginPage();

  router.use([UI_PATH, NOTE_PATH], mustNameOwnHost([deps.config.apiHost, ...deps.config.uiHosts]));
  router.get(`${UI_PATH}/login`, (_req, res) => {
    sendPage(res, login);
  });
  router.get(NOTE_PATH, (req, res) => {
    sendPage(res, notePage(req.query['content']));
  });
  const administer = mayDo(deps, 'administer', 'changes');
  router.get(`${UI_PATH}/api/v1/settings`, administer, (_req, res) => {
    res.json(settings(deps));
  });
  router.get(
    `${UI_PATH}/api/v1/namespaces/:namespace/workflows/:workflow/run/:run/history.json`,
    administer,
    sendHistory,
  );
  router.all(`${UI_PATH}/api/v1/*path`, administer, passOn);
  router.get(`${UI_PATH}/*path`, sendFile);
  router.get(UI_PATH, sendFile);
  return router;

  async function passOn(req: Request, res: Response): Promise<void> {
    if (!temporalHttp) throw new SlipwayError('temporal_unavailable', { text: 'temporal_unavailable.ui' });
    const body = req.method === 'GET' ? undefined : await readBody(req);
    const { pathname, search } = new URL(req.originalUrl, 'http://localhost');
    const path = pathname.slice(UI_PATH.length);
    if (!path.startsWith('/api/v1/')) throw unknown(pathname);
    const answer = await temporalHttp.send(req.method, `${path}${search}`, body, untilClosed(res));
    await checkAgain(req); // the call may have waited a long time, and the key may have been revoked
    res
      .status(answer.statusCode ?? 502)
      .type('application/json')
      .set('Cache-Control', 'no-store');
    await pipeline(answer, res);
  }

  /** Sends a whole history as one array, page by page, for the Web UI's download. */
  async function sendHistory(req: Request, res: Response): Promise<void> {
    if (!temporalHttp) throw new SlipwayError('temporal_unavailable', { text: 'temporal_unavailable.ui' });
    const { namespace, workflow, run } = req.params as Record<'namespace' | 'workflow' | 'run', string>;
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflow)}/history`;
    const pages = historyPages(temporalHttp, path, run, untilClosed(res));
    const first = await pages.next(); // a missing workflow gets an error before the response starts
    res.type('application/json').set('Cache-Control', 'no-store');
    await pipeline(Readable.from(asArray(first, pages)), res);
  }

  async function sendFile(req: Request, res: Response): Promise<void> {
    const path = req.path.slice(UI_PATH.length + 1);
    const archive = await openArchive();
    if (path !== '' && path !== 'index.html') {
      const file = await archive.read(path);
      if (file) {
        sendContent(res, path, file);
        return;
      }
    }
    if (extname(path) !== '' && path.startsWith('_app/')) throw unknown(req.originalUrl);
    index ??= await readIndex(archive);
    sendPage(res, index);
  }

  /** Sends a file. Files need no key, so the number of parallel responses and the duration of each are limited. */
  function sendContent(res: Response, path: string, content: Buffer): void {
    if (filesUnderWay >= MOST_FILES)
      throw new Refusal('rate_limited', { text: 'rate_limited.files', params: {} }, { 'Retry-After': '1' });
    filesUnderWay += 1;
    onceClosed(res, () => {
      filesUnderWay -= 1;
    });
    res.setTimeout(STALLED_MS, () => res.destroy());
    if (path.startsWith(UNCHANGING)) res.set('Cache-Control', FOREVER);
    res.type(extname(path)).send(content);
  }

  async function readIndex(archive: UiArchive): Promise<Page> {
    const file = await archive.read('index.html');
    if (!file) throw new SlipwayError('internal', { params: { reason: `${archivePath} has no index.html` } });
    return uiPage(file.toString('utf8'));
  }

  async function openArchive(): Promise<UiArchive> {
    opening ??= openUiArchive(archivePath);
    try {
      return await opening;
    } catch (cause) {
      opening = undefined; // the archive may be fetched later
      throw new SlipwayError('not_found', { text: 'not_found.temporal_ui', cause });
    }
  }
}

/** Returns a signal that aborts when the client disconnects. */
function untilClosed(res: Response): AbortSignal {
  const leaving = new AbortController();
  onceClosed(res, () => {
    leaving.abort();
  });
  return leaving.signal;
}

function sendPage(res: Response, { html, policy }: Page): void {
  res.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
  res.type('html').send(html);
}

/**
 * Rejects requests with a foreign host name. Otherwise a web page whose name resolves to this host's address would have
 * access (DNS rebinding).
 */
function mustNameOwnHost(names: readonly string[]): RequestHandler {
  return (req, _res, next) => {
    const name = req.hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const isOwn = isIP(name) !== 0 || name === 'localhost' || names.includes(name);
    next(
      isOwn
        ? undefined
        : new SlipwayError('forbidden', { text: 'forbidden.host', params: { host: name.slice(0, 200) } }),
    );
  };
}

async function readBody(req: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(req)) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) throw new SlipwayError('too_large', { params: { limit: '4 MiB' } });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Returns the settings that the Web UI requests from its own server. */
function settings({ config }: ApiDeps): object {
  return {
    Auth: { Enabled: false, Options: null },
    BannerText: '',
    DefaultNamespace: config.temporal.namespace,
    ShowTemporalSystemNamespace: false,
    FeedbackURL: '',
    NotifyOnNewVersion: false,
    Codec: {
      Endpoint: '',
      PassAccessToken: false,
      IncludeCredentials: false,
      DefaultErrorMessage: '',
      DefaultErrorLink: '',
    },
    Version: '',
    DisableWriteActions: false,
    WorkflowTerminateDisabled: false,
    WorkflowCancelDisabled: false,
    WorkflowSignalDisabled: false,
    WorkflowUpdateDisabled: false,
    WorkflowResetDisabled: false,
    BatchActionsDisabled: false,
    StartWorkflowDisabled: false,
    HideWorkflowQueryErrors: false,
    RefreshWorkflowCountsDisabled: false,
    ActivityCommandsDisabled: false,
  };
}

/**
 * Builds the page of a workflow note, which the Web UI shows in a frame. The page can't run scripts or load resources.
 */
function notePage(content: unknown): Page {
  const text = typeof content === 'string' ? content : '';
  const escaped = text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return {
    html: `<!doctype html><meta charset="utf-8"><body style="font: 14px/1.5 sans-serif; white-space: pre-line">${escaped}`,
    policy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
  };
}
