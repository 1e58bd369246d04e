// Reads BuildKit's trace of a build: frames of its own protocol inside the engine's stream of JSON, as log lines.
import protobuf from 'protobufjs';
import { LineSplitter } from '../lines.js';

/** The part of `moby.buildkit.v1.StatusResponse` (buildkit, api/services/control/control.proto) that a log needs. */
const StatusResponse = protobuf.Root.fromJSON({
  nested: {
    Vertex: {
      fields: {
        digest: { id: 1, type: 'string' },
        name: { id: 3, type: 'string' },
        cached: { id: 4, type: 'bool' },
        started: { id: 5, type: 'bytes' },
        completed: { id: 6, type: 'bytes' },
        error: { id: 7, type: 'string' },
      },
    },
    VertexLog: {
      fields: {
        vertex: { id: 1, type: 'string' },
        stream: { id: 3, type: 'int64' },
        msg: { id: 4, type: 'bytes' },
      },
    },
    StatusResponse: {
      fields: {
        vertexes: { id: 1, rule: 'repeated', type: 'Vertex' },
        logs: { id: 3, rule: 'repeated', type: 'VertexLog' },
      },
    },
  },
}).lookupType('StatusResponse');

interface Vertex {
  digest: string;
  name: string;
  cached: boolean;
  started?: Uint8Array;
  completed?: Uint8Array;
  error: string;
}
interface Status {
  vertexes: Vertex[];
  logs: { vertex: string; stream: unknown; msg: Uint8Array }[];
}

/** Steps of the builder itself, which aren't in the Dockerfile. They aren't logged. */
const INTERNAL = /^\[internal\]/;

export class BuildTrace {
  /** Maps digests to the state that was already logged. */
  readonly #states = new Map<string, 'started' | 'ended'>();
  /** The line buffers of each stream of each vertex. A frame may end in the middle of a line or a character. */
  readonly #splitters = new Map<string, LineSplitter>();

  /** Returns the lines of one frame (base64, from `aux`). */
  read(frame: string): string[] {
    const status = StatusResponse.decode(Buffer.from(frame, 'base64')) as unknown as Status;
    return [...status.vertexes.flatMap((vertex) => this.#step(vertex)), ...this.#output(status)];
  }

  #step({ digest, name, cached, started, completed, error }: Vertex): string[] {
    if (INTERNAL.test(name) && error === '') return [];
    const state = this.#states.get(digest);
    const lines: string[] = [];
    if (started && state === undefined) {
      this.#states.set(digest, 'started');
      lines.push(`${name}${cached ? ' (cached)' : ''}`);
    }
    if (completed && state !== 'ended') {
      this.#states.set(digest, 'ended');
      if (error !== '') lines.push(`ERROR ${name}: ${error}`);
    }
    return lines;
  }

  #output({ logs }: Status): string[] {
    return logs.flatMap(({ vertex, stream, msg }) => {
      const key = `${vertex} ${String(stream)}`;
      const splitter = this.#splitters.get(key) ?? new LineSplitter();
      this.#splitters.set(key, splitter);
      return splitter.push(Buffer.from(msg));
    });
  }

  /** Returns the output after the last line end. */
  end(): string[] {
    const rests = [...this.#splitters.values()].flatMap((splitter) => splitter.end());
    this.#splitters.clear();
    return rests;
  }
}
