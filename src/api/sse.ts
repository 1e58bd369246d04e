// The text of server-sent events (WHATWG HTML §9.2). Four lines of our own, as the libraries for it write to the socket
// whether it takes anything or not, and a client that stalls must cost no memory.

export interface ServerSentEvent {
  event: 'progress' | 'log' | 'refused' | 'end';
  /** Where a client that comes back goes on. Absent: the one before stays. */
  id?: string;
  data: object;
}

/** JSON has no line breaks, so the data is one line. */
export function sseText({ event, id, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

export const KEEP_ALIVE = ': keep-alive\n\n';
