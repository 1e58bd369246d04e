// Builds the page that loads Temporal's Web UI. The page works under a path of Slipway and adds a session to its calls.
import { createHash } from 'node:crypto';

/** The path of the Web UI. Its login page is the only other page there. */
export const UI_PATH = '/temporal';
/**
 * The storage item with the session. Cookies aren't used: browsers send them to every port of a host, and apps listen
 * on other ports of this host. Storage is limited to one origin, including the port.
 */
export const SESSION_ITEM = 'slipway.session';

/**
 * Runs before the Web UI's own code. Adds the session to each API call, and redirects to the login page without a
 * session.
 */
const WITH_SESSION = `
(() => {
  let isLeaving = false;
  const toLogin = () => {
    if (!isLeaving) location.replace('${UI_PATH}/login'); // several calls may be refused at once
    isLeaving = true;
  };
  const session = localStorage.getItem('${SESSION_ITEM}');
  if (session === null) return toLogin();
  const send = window.fetch;
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { origin, pathname } = new URL(request.url);
    if (origin !== location.origin || !pathname.startsWith('${UI_PATH}/api/')) return send(input, init);
    request.headers.set('Authorization', 'Bearer ' + session);
    const answer = await send(request);
    if (answer.status === 401) {
      localStorage.removeItem('${SESSION_ITEM}');
      toLogin();
    }
    return answer;
  };
})();`;

export interface Page {
  html: string;
  /** The value of the Content-Security-Policy header. */
  policy: string;
}

/** Rewrites the Web UI's own page, `index`. Throws if the page doesn't have the expected structure. */
export function uiPage(index: string): Page {
  const based = index
    .replaceAll('base: ""', `base: "${UI_PATH}"`)
    .replaceAll('"/_app/', `"${UI_PATH}/_app/`)
    .replace(/<meta http-equiv="content-security-policy"[^>]*>/, '');
  if (based === index || based.includes('content-security-policy')) throw new Error("Temporal's Web UI has changed");
  const html = based.replace(
    '</head>',
    `<link rel="icon" href="${UI_PATH}/favicon.ico" /><script>${WITH_SESSION}</script></head>`,
  );
  return { html, policy: policyOf(html) };
}

/** Builds the policy: scripts only by digest, and the scripts that they load; everything else from the same origin. */
function policyOf(html: string): string {
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => digestOf(script));
  return [
    "default-src 'none'",
    `script-src 'strict-dynamic' ${scripts.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "media-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const digestOf = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

const LOGIN_SCRIPT = `
const form = document.querySelector('form');
const problem = document.querySelector('output');
const post = async (path, body, headers) => {
  const answer = await fetch(path, {
    method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers },
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error([said.detail, said.hint].filter(Boolean).join('. '));
  return said;
};
const logIn = async (code) => {
  const { token } = await post('/api/sessions', { code });
  localStorage.setItem('${SESSION_ITEM}', token);
  location.replace('${UI_PATH}/');
};
const report = (error) => { problem.textContent = error.message; form.hidden = false; };
const code = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
if (code !== '') logIn(code).catch(report);
else form.hidden = false;
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const key = form.elements.key.value.trim();
  post('/api/login-codes', {}, { Authorization: 'Bearer ' + key }).then(({ code }) => logIn(code)).catch(report);
});`;

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; color: #1c1c28; }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .75rem; margin-top: .5rem; }
output { display: block; color: #b00020; margin-top: 1rem; }
@media (prefers-color-scheme: dark) { body { background: #16161d; color: #e8e8ee; } }`;

/**
 * Builds the login page. The page accepts an admin key, or the code after `#` in a login link. Browsers don't send this
 * part of a URL.
 */
export const loginPage = (): Page => {
  const html = `<!doctype html>
<html lang="zh-TW">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Slipway · Temporal Web UI</title>
    <link rel="icon" href="data:," />
    <style>${STYLE}</style>
  </head>
  <body>
    <h1>Temporal Web UI</h1>
    <form hidden>
      <label>管理金鑰 · Admin key
        <input name="key" type="password" autocomplete="current-password" required autofocus />
      </label>
      <button>登入 · Log in</button>
    </form>
    <output></output>
    <script>${LOGIN_SCRIPT}</script>
  </body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `script-src ${digestOf(LOGIN_SCRIPT)}`,
    `style-src ${digestOf(STYLE)}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, policy };
};
