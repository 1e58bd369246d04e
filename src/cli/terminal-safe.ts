// What a terminal is shown of texts that others wrote: colours pass, and nothing that moves the cursor, sets its title,
// reads its keyboard or hides what is there. Pure.

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const ST = String.fromCharCode(0x9c);
/** Of the C0 controls only tab and line feed pass; none of DEL and C1, where each has an 8-bit form of a sequence. */
const CONTROLS = '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f';
/** Controls that show letters in another order than they are in ("Trojan source"). */
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
/** Select graphic rendition: colours and weights. 8 would hide the text. */
const SGR = new RegExp(`^${ESC}\\[[0-9;:]{0,40}m$`);
const CONCEALS = /(?:^|;)0*8(?:;|$)/;
/** A line that has begun a colour of its own ends it, so that it colours nothing of ours. */
const RESET = `${ESC}[0m`;

export function safeForTerminal(text: string): string {
  if (!text.includes(ESC)) return text.replace(UNSAFE, '');
  return text
    .split('\n')
    .map((line) => ended(line.replace(UNSAFE, (found) => (isColour(found) ? found : ''))))
    .join('\n');
}

const isColour = (sequence: string): boolean => SGR.test(sequence) && !CONCEALS.test(sequence.slice(2, -1));

/** All that is left of sequences are colours. */
function ended(line: string): string {
  const last = line.slice(line.lastIndexOf(ESC));
  const isOn = line.includes(ESC) && !last.startsWith(RESET) && !last.startsWith(`${ESC}[m`);
  return isOn ? line + RESET : line;
}
