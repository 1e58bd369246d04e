// Makes texts from others safe for a terminal: colours pass, but no sequences that move the cursor, set the title, read
// the keyboard or hide text. JSON keeps all of its characters, escaped.

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const ST = String.fromCharCode(0x9c);
/** C0 controls except tab and line feed, DEL, and C1 controls, which are 8-bit forms of escape sequences. */
const CONTROLS = '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f';
/** Controls that change the displayed order of letters ("Trojan source"). */
const REORDERING = '\\u202a-\\u202e\\u2066-\\u2069';
const UNSAFE = new RegExp(
  [
    `${ESC}\\[[0-?]*[ -/]*[@-~]?`, // CSI
    `${ESC}[\\]PX^_][^${BEL}${ESC}${ST}\\n]*(?:${BEL}|${ESC}\\\\|${ST})?`, // OSC, DCS, SOS, PM, APC and their text
    `${ESC}[ -/]*[0-~]?`,
    `[${CONTROLS}${REORDERING}]`,
  ].join('|'),
  'g',
);
/** Select graphic rendition: colours and weights. Code 8 would hide the text. */
const SGR = new RegExp(`^${ESC}\\[[0-9;:]{0,40}m$`);
const CONCEALS = /(?:^|;)0*8(?:;|$)/;
/** Added to a line that ends with a colour, so that the CLI's own output isn't coloured. */
const RESET = `${ESC}[0m`;

/** All controls of ASCII, of C1 and of text direction. JSON may have tabs and line feeds between its values. */
const UNSAFE_IN_JSON = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/** Escapes the controls in JSON texts (`\u009b`). The texts stay valid JSON with the same values. */
export const jsonForTerminal = (json: string): string =>
  json.replace(UNSAFE_IN_JSON, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);

export function safeForTerminal(text: string): string {
  if (!text.includes(ESC)) return text.replace(UNSAFE, '');
  return text
    .split('\n')
    .map((line) => ended(line.replace(UNSAFE, (sequence) => (isColour(sequence) ? sequence : ''))))
    .join('\n');
}

const isColour = (sequence: string): boolean => SGR.test(sequence) && !CONCEALS.test(sequence.slice(2, -1));

/** Resets the colours at the end of a line. Only colour sequences are left at this point. */
function ended(line: string): string {
  const last = line.slice(line.lastIndexOf(ESC));
  const isOn = line.includes(ESC) && !last.startsWith(RESET) && !last.startsWith(`${ESC}[m`);
  return isOn ? line + RESET : line;
}
