// Formats server-sent events (WHATWG HTML, section 9.2). No library does this here, because libraries write to a full
// socket, and a stalled client must not use memory.

export interface ServerSentEvent {
  event: 'progress' | 'log' | 'refused' | 'end';
  /** The position at which a reconnecting client resumes. If absent, the previous id stays valid. */
  id?: string;
  data: object;
}

/** Formats an event. JSON has no line breaks, so the data is one line. */
export function sseText({ event, id, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

export const KEEP_ALIVE = ': keep-alive\n\n';
