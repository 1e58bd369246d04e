// Builds the response bodies of services from views and events, in the caller's language.
import { OWN_SERVICE } from '../contract/names.js';
import type { Language } from '../contract/states.js';
import { hint, translate, type TextKey } from '../contract/texts.js';
import { rowOf, type HostBeat, type ServiceEvent, type ServiceRow, type ServiceView } from '../contract/views.js';
import { isAlive } from './health.js';
import type { BeatWithAge } from './service-gateway.js';

const GROUPS = {
  deployment_service: 'deployment_services',
  sub_bot: 'sub_bot_services',
  ai: 'ai_services',
  other: 'other_services',
} as const satisfies Record<ServiceView['type'], string>;

/** Builds a row of the list. Internal fields are left out. */
export function rowBody(
  { message, own_health, registration, start_as, ailing, front, ...row }: ServiceRow,
  language: Language,
) {
  const advice = message && hint(message.text, message.params, language);
  return {
    ...row,
    isolation: row.isolation ?? 'any',
    ...(message && { message: translate(message.text, message.params, language) }),
    ...(advice !== undefined && { hint: advice }),
  };
}

export function serviceBody(view: ServiceView, language: Language) {
  return { ...rowBody(rowOf(view), language), releases: view.releases.map(releaseBody) };
}

const releaseBody = ({ environment_key, ...release }: ServiceView['releases'][number]) => release;

/** Shows an app on a lost host as `unknown`, because its state can't be determined. */
export function asKnown<T extends ServiceRow>(view: T, beat: BeatWithAge | undefined): T {
  if (view.host === null || !beat || isAlive(beat) || !CHANGES_BY_ITSELF.includes(view.status)) return view;
  const message = { text: 'service.host_lost', params: { host: view.host } } as const;
  return { ...view, status: 'unknown', health: 'unknown', message };
}

/** The statuses that can change without a command. A stopped app stays stopped, even on a lost host. */
const CHANGES_BY_ITSELF: ServiceRow['status'][] = ['initializing', 'running', 'degraded', 'paused', 'stopping'];

/** Returns the releases, newest first. */
export function releasesBody({ releases }: ServiceView) {
  return releases.map(releaseBody).reverse();
}

export function eventBody(service: string, event: ServiceEvent, language: Language) {
  const { type, at, from, to, reason, details } = event;
  const params = { ...details, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const sentence = translate(sentenceOf(event), params, language);
  const advice = type === 'command_failed' && reason ? hint(reason.text, reason.params, language) : undefined;
  return {
    service_name: service,
    event_type: type,
    timestamp: at,
    old_status: from ?? null,
    new_status: to ?? null,
    message: reason
      ? `${sentence}${language === 'en' ? ': ' : '：'}${translate(reason.text, reason.params, language)}`
      : sentence,
    metadata: { ...details, ...(advice !== undefined && { hint: advice }) },
  };
}

/**
 * Returns the key of an event's text. A failed rollback has its own text, which names the release that the rollback
 * chose.
 */
function sentenceOf({ type, details }: ServiceEvent): TextKey {
  return type === 'command_failed' && details['release'] !== undefined ? 'event.rollback_failed' : `event.${type}`;
}

/**
 * Builds the health of a service. `checked_at` is the time of the host's last measurement, or else of the service's
 * last change.
 */
export function serviceHealthBody(view: ServiceView, beat: HostBeat | undefined, language: Language) {
  const { status, instance, host, restarts, url, ailing, health_url } = view;
  return {
    service_name: view.name,
    status: view.health,
    checked_at: beat?.measuredAt ?? beat?.at ?? view.updated_at,
    message: view.message ? translate(view.message.text, view.message.params, language) : null,
    details: {
      status,
      instance,
      host,
      restarts,
      url,
      ...(health_url !== undefined && { health_url }),
      ...(ailing && ailing.length > 0 && { dependencies: ailing }),
    },
  };
}

export function discoveryBody(views: readonly ServiceRow[]) {
  const groups: Record<(typeof GROUPS)[keyof typeof GROUPS], object[]> = {
    deployment_services: [],
    sub_bot_services: [],
    ai_services: [],
    other_services: [],
  };
  for (const { name, type, kind, status, health, url } of views)
    groups[GROUPS[type]].push({ name, type, kind, status, health, url });
  return groups;
}

/** Builds the view of Slipway itself as a service. `well`: true if it can deploy. */
export function ownView({ url, startedAt, well }: { url: string; startedAt: string; well: boolean }): ServiceView {
  return {
    name: OWN_SERVICE,
    kind: 'web',
    type: 'deployment_service',
    status: well ? 'running' : 'degraded',
    health: well ? 'healthy' : 'degraded',
    active_release: null,
    instance: null,
    url,
    depends_on: [],
    host: null,
    restarts: 0,
    environment: null,
    persist: [],
    created_at: startedAt,
    updated_at: startedAt,
    releases: [],
  };
}
