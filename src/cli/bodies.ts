// Answers of the API as far as the command line reads them, where the contract has no type for the whole.
import type { Health, Mode, RequestMode, Role, ServiceKind, ServiceType, ToldStatus } from '../contract/states.js';
import type { batchBody } from '../contract/batches.js';

export type BatchBody = ReturnType<typeof batchBody> & { stale?: true };

export interface StartedBody {
  deployment_id: string;
  status: 'accepted' | 'queued';
  mode: RequestMode;
  service: string | null;
  queue_position?: number;
}

export interface UploadBody {
  upload_id: string;
}

export interface LogLine {
  ts: string;
  step?: string;
  stream: string;
  line: string;
}

export interface ReleaseBody {
  release: string;
  mode: Mode;
  created_at: string;
  revision?: string;
  deployed_by?: string;
  active: boolean;
}

export interface ServiceBody {
  name: string;
  kind: ServiceKind;
  type: ServiceType;
  status: ToldStatus;
  health: Health;
  active_release: string | null;
  url: string | null;
  depends_on: string[];
  health_url?: string;
  host: string | null;
  restarts: number;
  environment: string | null;
  persist: string[];
  created_at: string;
  message?: string;
  stale?: true;
}

export interface EventBody {
  event_type: string;
  timestamp: string;
  message: string;
  metadata: Record<string, string | number>;
}

export interface CommandBody {
  service: string;
  command_id: string;
  command: string;
}

export interface HealthBody {
  api_status: string;
  version: string;
  deployment_managers: Record<string, { status: string; reason?: string }>;
  active_deployments: number;
  queued_deployments: number;
  max_concurrent_deployments: number;
  system_resources: { cpu_percent: number; memory_percent: number; disk_percent: number };
  statistics: Record<string, number>;
  warnings?: string[];
}

export interface KeyBody {
  id: string;
  role: Role;
  created_at: string;
  expires_at?: string;
  policy?: string;
}

export interface AuditBody {
  at: string;
  key_id: string;
  user_id?: string;
  action: string;
  method: string;
  path: string;
  status: number;
}
