// The response bodies of the API, with types from the API's schemas.
import type { z } from 'zod';
import type * as answers from '../contract/answers.js';

type Body<Name extends keyof typeof answers> = z.infer<(typeof answers)[Name]>;

export type StartedBody = Body<'startedAnswer'>;
export type StatusBody = Body<'statusAnswer'>;
export type ProgressBody = Body<'progressAnswer'>;
export type UploadBody = Body<'uploadAnswer'>;
export type BatchBody = Body<'batchAnswer'>;
export type CancelledBody = Body<'cancelledAnswer'> | Body<'batchCancelledAnswer'>;
export type DeliveryBody = Body<'deliveriesAnswer'>[number];
export type ServiceRowBody = Body<'servicesAnswer'>[number];
export type ServiceBody = Body<'serviceAnswer'>;
export type ReleaseBody = Body<'releasesAnswer'>[number];
export type EventBody = Body<'eventsAnswer'>[number];
export type CommandBody = Body<'commandAnswer'>;
export type HealthBody = Body<'healthAnswer'>;
export type NewKeyBody = Body<'newKeyAnswer'>;
export type LoginCodeBody = Body<'loginCodeAnswer'>;
export type KeyBody = Body<'keysAnswer'>[number];
export type PermissionBody = Body<'permissionAnswer'>;
export type AuditBody = Body<'auditAnswer'>[number];
export type CallbackSecretBody = Body<'callbackSecretAnswer'>;
export type AuditCheckBody = Body<'auditCheckAnswer'>;
export type Problem = Body<'problemAnswer'>;

/** An event of a log stream. */
export interface LogLine {
  ts: string;
  step?: string;
  stream: string;
  line: string;
}
