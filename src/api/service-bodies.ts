// What is told of services: bodies made from views and events, in the caller's language (contract §4). Pure.
import { OWN_SERVICE } from '../contract/names.js';
import type { Language } from '../contract/states.js';
import { say } from '../contract/texts.js';
import type { HostBeat, ServiceEvent, ServiceView } from '../contract/views.js';
import { isAlive } from './health.js';

const GROUPS = {
  deployment_service: 'deployment_services',
  sub_bot: 'sub_bot_services',
  ai: 'ai_services',
  other: 'other_services',
} as const satisfies Record<ServiceView['type'], string>;

/** What Slipway compares releases by, and routes them by, is its own affair. */
export function serviceBody({ fingerprint, releases, message, front, ...view }: ServiceView, language: Language) {
  return {
    ...view,
    ...(message && { message: say(message.text, message.params, language) }),
    releases: releases.map(({ environment_key, ...release }) => release),
  };
}

/** Latest first. */
export function releasesBody({ releases }: ServiceView) {
  return releases.map(({ environment_key, ...release }) => release).reverse();
}

export function eventBody(service: string, { type, at, from, to, reason, details }: ServiceEvent, language: Language) {
  const params = { ...details, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const told = say(`event.${type}`, params, language);
  return {
    service_name: service,
    event_type: type,
    timestamp: at,
    old_status: from ?? null,
    new_status: to ?? null,
    message: reason ? `${told}${language === 'en' ? ': ' : '：'}${say(reason.text, reason.params, language)}` : told,
    metadata: details,
  };
}

/** Only a host that beats knows: of one that is lost nobody can say how its apps are. */
export function serviceHealthBody(view: ServiceView, beat: HostBeat | undefined, language: Language) {
  const alive = beat && isAlive(beat) ? beat : undefined;
  return {
    service_name: view.name,
    status: alive ? view.health : 'unknown',
    checked_at: alive?.at ?? view.updated_at,
    message: view.message ? say(view.message.text, view.message.params, language) : null,
    details: { status: view.status, instance: view.instance, host: view.host, restarts: view.restarts, url: view.url },
  };
}

export function discoveryBody(views: readonly ServiceView[]) {
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

/** Slipway itself, as one among the services. `well`: it can deploy. */
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
