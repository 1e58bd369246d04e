// The ports of activities to the outside: small interfaces, each with its real implementation beside it.
import type { DiskPort } from './disk-port.js';
import type { ContainerPort } from './docker/container-port.js';
import type { EnginePort } from './docker/engine.js';
import type { EntitiesPort } from './entities-port.js';
import type { FrontPort } from './front-port.js';
import type { AppHttpPort } from './http-port.js';
import type { LogPort } from './log-port.js';
import type { ParserPort } from './parser/parser-port.js';
import type { ProcessPort } from './process-port.js';
import type { PythonPort } from './python-port.js';
import type { ResourcesPort } from './resources-port.js';
import type { ToolsPort } from './tools.js';
import type { UnpackPort } from './unpack/unpack-port.js';
import type { WebhookPort } from './webhook-port.js';

export interface Ports {
  containers: ContainerPort;
  engine: EnginePort;
  disk: DiskPort;
  entities: EntitiesPort;
  /** Absent if no front proxy is set. */
  front?: FrontPort;
  http: AppHttpPort;
  logs: LogPort;
  /** Reads texts of projects in a process with limits. */
  parser: ParserPort;
  processes: ProcessPort;
  python: PythonPort;
  resources: ResourcesPort;
  tools: ToolsPort;
  /** Unpacks archives, in a process with limits. */
  unpacker: UnpackPort;
  webhooks: WebhookPort;
}
